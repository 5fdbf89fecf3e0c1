//! Metrics of the process: one Prometheus recorder, rendered as text or read back as numbers.
//!
//! Rooms use the `metrics` macros; only this file knows the recorder.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// A handle on the recorder; clones share it.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// The recorder of this process: installed by the first call.
    pub fn install() -> Self {
        static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = RECORDER.get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::warn!("another metrics recorder was there before; the metrics stay empty");
            }
            metrics::gauge!("atgd_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            handle
        });
        Self { handle: handle.clone() }
    }

    /// Prometheus text, with the process's own numbers up to date.
    pub(crate) fn render(&self) -> String {
        metrics::gauge!("process_resident_memory_bytes").set(resident_bytes() as f64);
        self.handle.render()
    }

    /// Folds samples into the histograms; to be called every few seconds.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

/// The sum of a metric over its labels in rendered text.
pub fn total(text: &str, name: &str) -> f64 {
    samples(text, name).fold(0.0, |sum, (_, value)| sum + value)
}

/// The largest of a summary's values at a quantile such as `0.99`, over its other labels.
pub fn quantile(text: &str, name: &str, quantile: &str) -> Option<f64> {
    let wanted = format!("quantile=\"{quantile}\"");
    samples(text, name).filter(|(labels, _)| labels.contains(&wanted)).map(|(_, value)| value).reduce(f64::max)
}

fn samples<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = (&'t str, f64)> {
    text.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(labelled) => labelled.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        Some((labels, value.trim().parse().ok()?))
    })
}

/// Resident memory of this process; 0 where `/proc` does not say.
pub(crate) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3\nab 9\nw{quantile=\"0.5\",k=\"} \"} 0.25\n";

    #[test]
    fn totals_add_the_labels_and_not_other_names() {
        assert!((total(TEXT, "a") - 5.0).abs() < f64::EPSILON);
        assert_eq!(quantile(TEXT, "w", "0.5"), Some(0.25));
        assert_eq!(quantile(TEXT, "w", "0.9"), None);
    }

    #[test]
    fn a_process_has_memory() {
        assert!(resident_bytes() > 0);
    }
}
