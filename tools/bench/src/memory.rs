//! Memory of a process, as the kernel accounts it.

/// The peak of a process's resident memory, in MB; `process` is its number or `self`.
pub(crate) fn peak_mb(process: &str) -> Result<f64, String> {
    megabytes(process, "VmHWM:")
}

/// A process's resident memory now, in MB.
pub(crate) fn resident_mb(process: &str) -> Result<f64, String> {
    megabytes(process, "VmRSS:")
}

fn megabytes(process: &str, field: &str) -> Result<f64, String> {
    let path = format!("/proc/{process}/status");
    let status =
        std::fs::read_to_string(&path).map_err(|e| format!("{path}, which Linux has, can't be read: {e}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map(|kb| kb / 1024.0).ok_or_else(|| format!("{path} has no {field}"))
}
