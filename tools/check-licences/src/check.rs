//! Compares packages with what is allowed.

use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

/// The part of `cargo metadata` that the check needs.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    /// An SPDX expression.
    license: Option<String>,
    /// Null for a package of a folder.
    source: Option<String>,
}

/// The part of deny.toml that the check needs.
#[derive(Debug, Deserialize)]
struct Deny {
    licenses: Licenses,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Sources {
    #[serde(rename = "allow-registry")]
    allow_registry: Vec<String>,
}

/// Licences and registries that dependencies may have.
#[derive(Debug)]
pub(crate) struct Allowed {
    licences: Vec<Licensee>,
    registries: Vec<String>,
}

impl Allowed {
    /// Those that a deny.toml allows.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let deny: Deny = toml::from_str(text).map_err(|error| error.to_string())?;
        let licence = |name: &String| Licensee::parse(name).map_err(|error| format!("{name}: {error}"));
        let licences = deny.licenses.allow.iter().map(licence).collect::<Result<_, _>>()?;
        Ok(Self { licences, registries: deny.sources.allow_registry })
    }

    /// The property of a package that isn't allowed.
    fn fault(&self, package: &Package) -> Option<String> {
        let source = package.source.as_deref();
        let known = |source: &str| {
            source
                .strip_prefix("registry+")
                .is_some_and(|url| self.registries.iter().any(|known| known == url))
        };
        if let Some(source) = source.filter(|source| !known(source)) {
            return Some(format!("it comes from {source}"));
        }
        let Some(licence) = &package.license else { return Some("it names no licence".into()) };
        match Expression::parse_mode(licence, ParseMode::LAX) {
            Err(error) => Some(format!("its licence is no SPDX expression: {}", error.reason)),
            Ok(expression) => {
                let allowed =
                    expression.evaluate(|one| self.licences.iter().any(|licence| licence.satisfies(one)));
                (!allowed).then(|| format!("its licence is {licence}"))
            }
        }
    }
}

/// A line for each package that isn't allowed, in the order of `cargo metadata`.
pub(crate) fn violations(metadata: &Metadata, allowed: &Allowed) -> Vec<String> {
    let fault = |package: &Package| {
        let fault = allowed.fault(package)?;
        Some(format!("{} {}: {fault}, which deny.toml doesn't allow", package.name, package.version))
    };
    metadata.packages.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "[licenses]\nallow = [\"MIT\", \"Unicode-3.0\", \"Apache-2.0 WITH LLVM-exception\"]\n\
                        [sources]\nallow-registry = [\"https://r\"]\n";

    fn check(license: &str, source: &str) -> Vec<String> {
        let package =
            format!(r#"{{"name": "a", "version": "1.2.3", "license": {license}, "source": {source}}}"#);
        let json = format!(r#"{{"packages": [{package}]}}"#);
        violations(&serde_json::from_str(&json).unwrap(), &Allowed::parse(DENY).unwrap())
    }

    #[test]
    fn what_is_allowed_passes() {
        for licence in ["MIT", "GPL-3.0-only OR MIT", "GPL-3.0/MIT", "(MIT OR 0BSD) AND Unicode-3.0"] {
            assert_eq!(check(&format!("\"{licence}\""), "\"registry+https://r\""), [""; 0], "{licence}");
        }
        assert_eq!(check("\"Apache-2.0 WITH LLVM-exception\"", "null"), [""; 0]);
    }

    #[test]
    fn what_is_not_allowed_is_found() {
        let found = |licence: &str, source: &str| check(licence, source).concat();
        let registry = "\"registry+https://r\"";
        for licence in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "Apache-2.0", "GPL-3.0-only OR 0BSD"] {
            assert_eq!(
                found(&format!("\"{licence}\""), registry),
                format!("a 1.2.3: its licence is {licence}, which deny.toml doesn't allow")
            );
        }
        assert!(found("null", registry).contains("it names no licence"));
        assert!(found("\"my own\"", registry).contains("no SPDX expression"));
        assert!(found("\"MIT\"", "\"git+https://r\"").contains("it comes from git+https://r"));
        assert!(found("\"MIT\"", "\"registry+https://s\"").contains("it comes from registry+https://s"));
    }

    #[test]
    fn licences_that_do_not_exist_are_named() {
        let error = Allowed::parse(&DENY.replace("\"MIT\"", "\"MTI\"")).unwrap_err();
        assert!(error.starts_with("MTI: "), "{error}");
    }
}
