//! Who may use whom: the table of crates in ARCHITECTURE.md, where the layers are written down.

/// The crates that one crate may use.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    /// The crate's package.
    pub(crate) name: String,
    pub(crate) uses: Uses,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Uses {
    /// Every crate above it, and not candle.
    All,
    /// These packages, and candle where it is among them.
    These(Vec<String>),
}

/// Candle's name in the table.
pub(crate) const CANDLE: &str = "candle";

/// The rows of the table with these columns; what is wrong with it as an error.
pub(crate) fn layers(architecture: &str) -> Result<Vec<Layer>, String> {
    let mut lines =
        architecture.lines().skip_while(|line| !line.starts_with("| crate | what it does | uses |"));
    let mut layers: Vec<Layer> = Vec::new();
    for row in lines.by_ref().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, _, uses] = cells[..] else { return Err(format!("this row has no three cells: {row}")) };
        let uses = match uses {
            "all" => Uses::All,
            "–" => Uses::These(Vec::new()),
            names => Uses::These(names.split(", ").map(package).collect()),
        };
        if let Uses::These(names) = &uses
            && let Some(below) =
                names.iter().find(|used| *used != CANDLE && !layers.iter().any(|l| l.name == **used))
        {
            return Err(format!("{name} uses {below}, which has no row above it"));
        }
        layers.push(Layer { name: package(name), uses });
    }
    if layers.is_empty() {
        Err("it has no table `| crate | what it does | uses |`".into())
    } else {
        Ok(layers)
    }
}

/// The package of a crate that the table names by its folder.
fn package(folder: &str) -> String {
    match folder {
        "linnet" | CANDLE => folder.to_owned(),
        _ => format!("linnet-{folder}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "text\n\n| crate | what it does | uses |\n|---|---|---|\n";

    #[test]
    fn rows_become_layers() {
        let table = format!(
            "{HEAD}| audio | reads | – |\n| linnet | all | audio, candle |\n| cli | runs | all |\n\n| x |\n"
        );
        let layer = |name: &str, uses| Layer { name: name.into(), uses };
        let these = |names: &[&str]| Uses::These(names.iter().map(|name| name.to_string()).collect());
        let wanted = [
            layer("linnet-audio", these(&[])),
            layer("linnet", these(&["linnet-audio", "candle"])),
            layer("linnet-cli", Uses::All),
        ];
        assert_eq!(layers(&table).unwrap(), wanted);
    }

    #[test]
    fn faults_are_named() {
        for (rows, problem) in [
            ("", "no table"),
            ("| audio | – |\n", "no three cells"),
            (
                "| audio | reads | text |\n| text | tokens | – |\n",
                "audio uses linnet-text, which has no row above it",
            ),
        ] {
            let error = layers(&format!("{HEAD}{rows}")).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }
}
