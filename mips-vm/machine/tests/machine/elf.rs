//! A program for Linux on MIPS32 of a few words, run by qemu's user mode.

use std::{path::Path, process::Command};

/// The emulator, looked for along the path.
const QEMU: &str = "qemu-mipsel";
/// Where the dumps lie.
const DATA: u32 = 0x1000_0000;
/// Bytes of an ELF header, and of a program header.
const HEADER: u32 = 52;
const SEGMENT: u32 = 32;
/// Where the text lies in the file: a page, so that address and offset agree.
const TEXT_AT: u32 = 0x1_0000;

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// lui, ori.
fn set(register: u8, value: u32) -> [u32; 2] {
    let register = u32::from(register);
    [
        0x3C00_0000 | register << 16 | value >> 16,
        0x3400_0000 | register << 21 | register << 16 | value & 0xFFFF,
    ]
}

/// write(1, DATA, length), exit(0).
fn epilogue(length: u32) -> Vec<u32> {
    const SYSCALL: u32 = 0x0C;
    const V0: u8 = 2;
    const A0: u8 = 4;
    const A1: u8 = 5;
    const A2: u8 = 6;
    let call = |number, a0| [set(V0, number), set(A0, a0)].concat();
    let data = [set(A1, DATA), set(A2, length)].concat();
    [
        call(4004, 1),
        data,
        vec![SYSCALL],
        call(4001, 0),
        vec![SYSCALL],
    ]
    .concat()
}

/// An executable: the program at `text`, what ends it, then what begins it.
fn executable(text: u32, program: &[u32], (base, last): (u8, u8), length: u32) -> Vec<u8> {
    let end = text + 4 * program.len() as u32;
    let ending = epilogue(length);
    let entry = end + 4 * ending.len() as u32;
    let jump = [0x0800_0000 | text >> 2, 0];
    let beginning = [&set(base, DATA)[..], &set(last, end), &jump].concat();
    let code = bytes(&[program, &ending, &beginning].concat());
    let size = code.len() as u32;
    let identity = [0x464C_457F, 0x0001_0101, 0, 0];
    // Executable, MIPS, version, entry, headers, flags (o32, MIPS32r2), sizes and counts.
    let header = [
        0x0008_0002,
        1,
        entry,
        HEADER,
        0,
        0x7000_1000,
        SEGMENT << 16 | HEADER,
        2,
        0,
    ];
    let text_segment = [1, TEXT_AT, text, text, size, size, 5, 0x1_0000];
    let data_segment = [
        1,
        0,
        DATA,
        DATA,
        0,
        length.next_multiple_of(4096),
        6,
        0x1_0000,
    ];
    let mut file = bytes(&[&identity[..], &header, &text_segment, &data_segment].concat());
    file.resize(TEXT_AT as usize, 0);
    file.extend(code);
    file
}

/// What the program leaves at the address in register `base`, `length` bytes, when it jumps to the address in register `last`;
/// `None`, said aloud, where there is no emulator.
pub(crate) fn output(
    text: u32,
    program: &[u32],
    registers: (u8, u8),
    length: u32,
) -> Option<Vec<u8>> {
    if Command::new(QEMU).arg("--version").output().is_err() {
        gavel_fixtures::skip(
            "the machine against an independent emulator",
            "there is no qemu-mipsel",
        );
        return None;
    }
    let path = std::env::temp_dir().join(format!("gavel-mips-{}", std::process::id()));
    let file = executable(text, program, registers, length);
    std::fs::write(&path, file).expect("a file can be written");
    allow_execution(&path);
    let output = Command::new(QEMU)
        .args(["-cpu", "24Kf"])
        .arg(&path)
        .output();
    std::fs::remove_file(&path).expect("it was written");
    let output = output.expect("the emulator starts");
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Some(output.stdout)
}

/// The emulator asks for what the system would.
fn allow_execution(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let permissions = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(path, permissions).expect("it is ours");
    }
}
