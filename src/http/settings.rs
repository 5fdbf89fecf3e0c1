//! The settings of the API: public address, allowed hosts and origins, rate limits. Data only.

/// What can be set of the API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Base of the URLs in answers, without a slash at the end; none: `http://` and the address that is
    /// listened on.
    pub public_url: Option<String>,
    /// Host names that are answered to beside loopback ones, lower case, without port.
    pub allowed_hosts: Vec<String>,
    /// Origins that browsers may call from, such as `https://portal.example.org`.
    pub origins: Vec<String>,
    /// Loopback callers need no key for the metrics.
    pub metrics_from_loopback: bool,
    pub limits: LimitSettings,
}

/// Rate limits; 0 is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitSettings {
    pub submit_per_minute: u32,
    pub submit_burst: u32,
    pub read_per_second: u32,
    pub auth_failures_per_minute: u32,
}
