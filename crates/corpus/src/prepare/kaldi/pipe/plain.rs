//! Programs that only read or decode a file: `cat`, `flac`, `sph2pipe`.

use super::{Arguments, Pick, Stage};

pub(super) fn cat(mut arguments: Arguments) -> Result<Stage, String> {
    let mut file = OneFile::default();
    while let Some(argument) = arguments.next() {
        match argument {
            "-" => {}
            option if option.starts_with('-') => return Err(arguments.unread(option)),
            name => file.set(name, &arguments)?,
        }
    }
    Ok(Stage { file: file.name, ..Stage::default() })
}

/// Decodes to standard output: letters `c`, `d`, `s` alone or together.
pub(super) fn flac(mut arguments: Arguments) -> Result<Stage, String> {
    let mut file = OneFile::default();
    while let Some(argument) = arguments.next() {
        let letters = argument.strip_prefix('-').unwrap_or_default();
        let is_flag = !letters.is_empty() && letters.chars().all(|c| "cds".contains(c));
        match argument {
            "-" | "--stdout" | "--decode" | "--silent" | "--totally-silent" => {}
            _ if is_flag => {}
            option if option.starts_with('-') => return Err(arguments.unread(option)),
            name => file.set(name, &arguments)?,
        }
    }
    Ok(Stage { file: file.name, ..Stage::default() })
}

pub(super) fn sph2pipe(mut arguments: Arguments) -> Result<Stage, String> {
    let (mut file, mut pick) = (OneFile::default(), Pick::All);
    while let Some(argument) = arguments.next() {
        match argument {
            "-p" => {}
            "-f" => match arguments.value("-f")? {
                "wav" | "rif" | "riff" | "nist" | "sph" | "aif" | "aiff" | "au" => {}
                format => return Err(arguments.unread(&format!("-f {format}"))),
            },
            "-c" => match arguments.value("-c")? {
                "1" => pick = Pick::One(0),
                "2" => pick = Pick::One(1),
                channel => return Err(arguments.unread(&format!("-c {channel}"))),
            },
            option if option.starts_with('-') => return Err(arguments.unread(option)),
            name => file.set(name, &arguments)?,
        }
    }
    Ok(Stage { file: file.name, pick, ..Stage::default() })
}

/// The file that a command reads.
#[derive(Default)]
struct OneFile {
    name: Option<String>,
}

impl OneFile {
    fn set(&mut self, name: &str, arguments: &Arguments) -> Result<(), String> {
        match self.name.replace(name.to_owned()) {
            None => Ok(()),
            Some(_) => Err(format!("{} reads several files", arguments.program)),
        }
    }
}
