//! The command line on a terminal: what is typed in secret is not shown, and the terminal stays as it was.

use std::{
    fs::File,
    io::{Read, Write},
    os::fd::OwnedFd,
    process::{Command, Stdio},
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, tcgetattr},
};

/// A terminal: the person's end, and the program's.
fn terminal() -> (File, File) {
    let person: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&person).expect("granted");
    unlockpt(&person).expect("unlocked");
    let name = ptsname(&person, Vec::new()).expect("a name").into_string().expect("text");
    let program = File::options().read(true).write(true).open(name).expect("its other end");
    (person.into(), program)
}

/// Asks for a secret on a terminal and types `keys`; what the program said, and how it ended.
fn asked(keys: &[u8]) -> (String, Option<i32>) {
    let (mut person, program) = terminal();
    let directory = tempfile::tempdir().expect("a directory");
    let text = directory.path().join("shop.md");
    std::fs::write(&text, "# Tenant: T\n").expect("written");
    let mut child = Command::new(env!("CARGO_BIN_EXE_atgd"))
        .args(["create-tenant", "--dry-run", "--secret", "pw=-"])
        .arg(&text)
        .env("ATGD_SERVER", "http://127.0.0.1:1")
        .env("ATGD_API_KEY", "none")
        .stdin(Stdio::from(program.try_clone().expect("a copy")))
        .stderr(Stdio::piped())
        .spawn()
        .expect("atgd starts");
    let mut err = child.stderr.take().expect("piped");
    let (mut said, mut byte) = (Vec::new(), [0]);
    while !said.ends_with(b"pw: ") && err.read(&mut byte).expect("readable") > 0 {
        said.push(byte[0]);
    }
    let shown = |modes: LocalModes| tcgetattr(&program).expect("settings").local_modes.contains(modes);
    assert!(!shown(LocalModes::ECHO), "what is typed is not shown");
    person.write_all(keys).expect("typed");
    err.read_to_end(&mut said).expect("readable");
    let code = child.wait().expect("ended").code();
    assert!(shown(LocalModes::ECHO | LocalModes::ISIG), "the terminal is as it was");
    (String::from_utf8_lossy(&said).into_owned(), code)
}

#[test]
fn a_secret_that_is_typed_is_not_shown_and_ctrl_c_leaves_the_terminal_as_it_was() {
    let (said, code) = asked(b"hun\x03");
    assert!(said.contains("interrupted") && !said.contains("hun"), "{said}");
    assert_eq!(code, Some(1), "{said}");
    let (said, _) = asked(b"hunter2\n");
    assert!(said.contains("127.0.0.1:1") && !said.contains("hunter2"), "it went on to the daemon: {said}");
}
