//! Commands split as a shell splits them, where it does no more.

/// The words of each command of a pipe, for quotes and backslashes. Errors that go to `/dev/null` are left out.
///
/// # Errors
///
/// Characters by which a shell does more than to part words.
pub(super) fn split(command: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut commands, mut words, mut word, mut quote) =
        (Vec::new(), Vec::new(), None::<String>, None::<char>);
    let mut characters = command.chars();
    let only_shell = |c: char| format!("only a shell knows what {c} means");
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.get_or_insert_default().push(c),
            (_, '\\') => {
                let quoted = characters.next().ok_or("it ends in a backslash")?;
                word.get_or_insert_default().push(quoted);
            }
            (_, '$' | '`') => return Err(only_shell(c)),
            (Some(_), _) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, '>') if word.as_deref() == Some("2") => {
                let rest = characters.as_str().trim_start();
                let rest = rest
                    .strip_prefix("/dev/null")
                    .filter(|rest| !rest.starts_with(|c: char| !c.is_whitespace() && c != '|'));
                characters = rest.ok_or_else(|| only_shell(c))?.chars();
                word = None;
            }
            (None, '|') => {
                words.extend(word.take());
                commands.push(std::mem::take(&mut words));
            }
            (None, '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?') => return Err(only_shell(c)),
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            (None, _) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quotation has no end".to_owned());
    }
    words.extend(word);
    commands.push(words);
    Ok(commands)
}
