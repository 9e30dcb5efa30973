//! What a run ran on, as far as the system says (Linux does).

use serde::Serialize;

/// The machine.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) cores: usize,
    pub(super) memory_bytes: u64,
    pub(super) processor: String,
    pub(super) system: String,
}

/// What this process holds in memory.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Memory {
    pub(super) resident_bytes: u64,
    pub(super) resident_bytes_max: u64,
}

impl Machine {
    pub(super) fn read() -> Self {
        let unknown = || "unknown".to_owned();
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: kibibytes("/proc/meminfo", "MemTotal"),
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
            system: std::fs::read_to_string("/proc/sys/kernel/osrelease")
                .map_or_else(|_| unknown(), |release| format!("Linux {}", release.trim())),
        }
    }
}

impl Memory {
    pub(super) fn read() -> Self {
        let status = "/proc/self/status";
        Self { resident_bytes: kibibytes(status, "VmRSS"), resident_bytes_max: kibibytes(status, "VmHWM") }
    }
}

/// Zero where the system does not say.
fn kibibytes(file: &str, name: &str) -> u64 {
    let value = field(file, name).unwrap_or_default();
    value.trim_end_matches(" kB").parse::<u64>().map_or(0, |kibibytes| kibibytes << 10)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
