//! Rust sources as a check needs them: code without comments, without the insides of strings, without tests, with
//! line numbers kept. A reader of tokens would be exact; this is a hundred lines and errs towards finding too much.

use std::path::{Path, PathBuf};

/// The folders that hold Rust.
const FOLDERS: &[&str] = &["filter", "judge-sidecar", "tests"];
/// Macros that log, and the plugin's log call.
const LOGS: &[&str] = &["trace!(", "debug!(", "info!(", "warn!(", "error!(", ".log("];

/// One source file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Relative to the repository, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Production code: no comments, empty strings, no test modules. As many lines as `text`, or fewer at the end.
    pub code: String,
}

/// Every source file of the workspace.
pub fn rust_files() -> Vec<SourceFile> {
    FOLDERS.iter().flat_map(|folder| rust_files_below(folder)).collect()
}

/// Every source file below a folder.
pub fn rust_files_below(folder: &str) -> Vec<SourceFile> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|e| e == "rs"));
    paths.sort();
    assert!(!paths.is_empty(), "no Rust below `{folder}`");
    let relative = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|p| SourceFile::of(&relative(p), &std::fs::read_to_string(p).unwrap())).collect()
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file below `folder`, without what builds and installs leave there.
pub fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_file() {
            files.push(path);
        } else if !["target", "node_modules", ".venv", ".tools", ".git"].contains(&name) {
            walk(&path, files);
        }
    }
}

/// Whether `code` has `name` as a whole word (or path, or macro).
pub fn names(code: &str, name: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (code[..at].chars().next_back(), code[at + name.len()..].chars().next());
        // A name may be given as a prefix of a family (`AtomicU`).
        let is_family = name.ends_with(char::is_uppercase) && name.starts_with("Atomic");
        !is_word(before) && (is_family || !is_word(after))
    })
}

/// Whether log arguments carry the value `name`; a call of a function of that name is something else.
pub fn carries(arguments: &str, name: &str) -> bool {
    let is_call = format!("{name}(");
    names(&arguments.replace(&is_call, "("), name)
}

impl SourceFile {
    /// A file with its code taken apart.
    pub fn of(path: &str, text: &str) -> Self {
        let code = blank_comments_and_strings(text);
        let end = tests_start(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code: code[..end].to_owned() }
    }

    /// Whether the whole file is a module of tests.
    pub fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs")
    }

    /// The paths that production code names with `crate::`, without that prefix, groups taken apart.
    pub fn crate_paths(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        if self.is_tests() {
            return found;
        }
        for (at, prefix) in self.code.match_indices("crate::") {
            let is_word = self.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
            let line = self.code[..at].lines().count().max(1);
            if !is_word {
                let mut paths = Vec::new();
                expand(&self.code[at + prefix.len()..], "", &mut paths);
                found.extend(paths.into_iter().map(|path| (line, path)));
            }
        }
        found
    }

    /// Attributes that allow or expect a lint.
    pub fn lint_exceptions(&self) -> Vec<(usize, String)> {
        let starts = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        let find =
            |start: &&str| -> Vec<usize> { self.code.match_indices(start).map(|(at, _)| at).collect() };
        let mut places: Vec<usize> = starts.iter().flat_map(find).collect();
        places.sort_unstable();
        let attribute =
            |at: usize| self.code[at..].split_inclusive(']').next().unwrap_or_default().to_owned();
        places.into_iter().map(|at| (self.line(at), attribute(at))).collect()
    }

    /// The arguments of log statements, without their strings.
    pub fn log_statements(&self) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for log in LOGS {
            for (at, _) in self.code.match_indices(log) {
                let mut depth = 0_i32;
                let arguments = &self.code[at + log.len() - 1..];
                let end = arguments.find(|c| {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    depth == 0
                });
                found.push((self.line(at), arguments[..end.unwrap_or(arguments.len())].to_owned()));
            }
        }
        found
    }

    fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Takes `a::{b, c::{self, D}}` apart into `a::b`, `a::c`, `a::c::D`.
fn expand(code: &str, prefix: &str, paths: &mut Vec<String>) {
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(code.len());
    let path = format!("{prefix}{}", &code[..end]);
    let Some(group) = code[end..].strip_prefix('{').filter(|_| path.is_empty() || path.ends_with("::"))
    else {
        paths.push(path.trim_end_matches("::").trim_end_matches("::self").to_owned());
        return;
    };
    let mut depth = 0_i32;
    let mut item = 0;
    for (at, c) in group.char_indices() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if (c == ',' && depth == 0) || depth < 0 {
            let part = group[item..at].trim();
            if !part.is_empty() {
                expand(part, &path, paths);
            }
            item = at + 1;
        }
        if depth < 0 {
            return;
        }
    }
}

/// Where the file's tests begin; they are its last part.
fn tests_start(code: &str) -> usize {
    let starts =
        ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub(crate) mod tests {", "#[cfg(test)]\nmod test {"];
    starts.iter().filter_map(|start| code.find(start)).min().unwrap_or(code.len())
}

/// Blanks comments and the insides of string literals; every line break stays where it is.
fn blank_comments_and_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (taken, kept) = match c {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), ""),
            '/' if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |at| at + 2), ""),
            'r' if is_raw_string(rest) && !ends_in_word(&out) => (raw_string_len(rest), "\"\""),
            '"' => (string_len(rest), "\"\""),
            '\'' => match char_len(rest) {
                Some(len) => (len, "' '"),
                None => (1, "'"),
            },
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        out.push_str(kept);
        out.extend(rest[..taken].chars().filter(|c| *c == '\n'));
        rest = &rest[taken..];
    }
    out
}

fn ends_in_word(out: &str) -> bool {
    out.ends_with(|c: char| (c.is_alphanumeric() || c == '_') && c != 'b')
}

fn is_raw_string(rest: &str) -> bool {
    rest[1..].trim_start_matches('#').starts_with('"')
}

fn raw_string_len(rest: &str) -> usize {
    let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
    let close = format!("\"{}", "#".repeat(hashes));
    let inside = 2 + hashes;
    rest[inside..].find(&close).map_or(rest.len(), |at| inside + at + close.len())
}

fn string_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    rest.len()
}

/// Length of a character literal; `None` for a lifetime.
fn char_len(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        return rest[3..].find('\'').map(|at| at + 4);
    }
    let (at, second) = chars.next()?;
    (second == '\'').then_some(at + 1)
}
