//! flite and eSpeak NG as child processes, and sox to resample.

use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::lexicon::{Lexicon, stressless};
use crate::preset::{Synthesizer, Voice};

/// What all recordings have, in Hz.
pub(crate) const SAMPLE_RATE: u32 = 16_000;
/// eSpeak NG's default, in words a minute.
const ESPEAK_TEMPO: f64 = 175.0;
/// eSpeak NG's default on its scale from 0 to 99.
const ESPEAK_PITCH: f64 = 50.0;

/// How one utterance is to be spoken; factors, 1 is the voice's own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Speaking rate of the result.
    pub(crate) tempo: f64,
    /// Pitch before the voice's speed is applied.
    pub(crate) pitch: f64,
}

/// Speaks `text` into 16 kHz samples; flite's phones are checked against the lexicon, where `words` are.
pub(crate) fn speak(
    voice: &Voice,
    text: &str,
    words: &[&str],
    manner: Manner,
    lexicon: &Lexicon,
    addenda: &Path,
    folder: &Path,
) -> Result<Vec<i16>, Error> {
    let (raw, wav) = (folder.join("raw.wav"), folder.join("16k.wav"));
    // Playing faster shortens; so the synthesizer has to speak more slowly by as much.
    let tempo = manner.tempo / voice.speed;
    match voice.synthesizer {
        Synthesizer::Flite => {
            let mut command = Command::new("flite");
            command.args(["-voice", &voice.name]).arg("-add_lex").arg(addenda);
            command.args(["--setf", &format!("duration_stretch={:.4}", 1.0 / tempo)]);
            command.args(["--setf", &format!("f0_shift={:.4}", manner.pitch)]);
            command.args(["-ps", "-t", text, "-o"]).arg(&raw);
            let said = run(&mut command)?;
            check_phones(&said, voice, text, words, lexicon)?;
        }
        Synthesizer::EspeakNg => {
            let mut command = Command::new("espeak-ng");
            command.args(["-v", &voice.name]);
            command.args(["-s", &format!("{:.0}", ESPEAK_TEMPO * tempo)]);
            command.args(["-p", &format!("{:.0}", ESPEAK_PITCH * manner.pitch)]);
            run(command.arg("-w").arg(&raw).arg(text))?;
        }
    }
    // -D: no dither, which sox would draw anew every time. Quieter first, so that filters cannot clip.
    let mut sox = Command::new("sox");
    sox.arg("-D").arg(&raw).args(["-b", "16", "-c", "1"]).arg(&wav).args(["gain", "-3"]);
    sox.args(["speed", &format!("{:.4}", voice.speed), "rate", "-v", &SAMPLE_RATE.to_string()]);
    run(&mut sox)?;
    read_wav(&wav)
}

fn run(command: &mut Command) -> Result<String, Error> {
    let name = format!("{} {:?}", command.get_program().display(), command.get_args().collect::<Vec<_>>());
    let fail = |reason: String| Error::Synthesis { command: name.chars().take(120).collect(), reason };
    let output = command.output().map_err(|e| fail(format!("{e} (is it installed?)")))?;
    if !output.status.success() {
        return Err(fail(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Compares flite's segments with the lexicon: `ax` is its unstressed AH, `pau` its silence.
fn check_phones(
    said: &str,
    voice: &Voice,
    text: &str,
    words: &[&str],
    lexicon: &Lexicon,
) -> Result<(), Error> {
    let phones: Vec<String> = said
        .split_whitespace()
        .filter(|p| *p != "pau")
        .map(|p| if p == "ax" { "AH".to_owned() } else { p.to_uppercase() })
        .collect();
    let phones: Vec<&str> = phones.iter().map(String::as_str).collect();
    if lexicon.explains(words, &phones)? {
        return Ok(());
    }
    let spoken = phones.join(" ");
    Err(Error::Pronunciation { voice: voice.name.clone(), text: text.to_owned(), spoken })
}

fn read_wav(path: &Path) -> Result<Vec<i16>, Error> {
    let fail =
        |e: hound::Error| Error::Synthesis { command: format!("{}", path.display()), reason: e.to_string() };
    let reader = hound::WavReader::open(path).map_err(fail)?;
    reader.into_samples::<i16>().collect::<Result<_, _>>().map_err(fail)
}

/// The lexicon's references in the form of flite's `-add_lex`, under the names that flite is told.
pub(crate) fn addenda<'a>(lexicon: &Lexicon, told: impl Fn(&str) -> String + 'a) -> String {
    let mut lines = String::new();
    for (word, phones) in lexicon.references() {
        let phones: Vec<String> = phones
            .iter()
            .map(|phone| match (stressless(phone), phone.as_str()) {
                ("AH", "AH0") => "ax0".to_owned(),
                // flite knows stressed and unstressed only.
                _ => phone.to_lowercase().replace('2', "0"),
            })
            .collect();
        lines += &format!("\"{}\" nil : {}\n", told(word), phones.join(" "));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addenda_are_in_flites_phones() {
        let lexicon =
            Lexicon::parse("ABOUT  AH0 B AW1 T\nMONDAY  M AH1 N D EY2\nMR.  M IH1 S T ER0\n").unwrap();
        let told = |word: &str| if word == "MR." { "mister".to_owned() } else { word.to_lowercase() };
        assert_eq!(
            addenda(&lexicon, told),
            "\"about\" nil : ax0 b aw1 t\n\"monday\" nil : m ah1 n d ey0\n\"mister\" nil : m ih1 s t er0\n"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-synthesizer")).unwrap_err().to_string();
        assert!(error.contains("no-such-synthesizer") && error.contains("is it installed?"), "{error}");
    }
}
