//! The record of requests: what is appended stays, and what is changed afterwards is found.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use futures::TryStreamExt;
use outport_app::{
    audit::{AuditError, AuditLog, Extent, Recorded, RequestFilter, Verification, newest},
    live::During,
};
use outport_model::audit::{RequestRecord, RequestResult};
use outport_store::Journal;
use outport_test::fixture::request_record;
use proptest::prelude::*;
use tempfile::TempDir;

fn record(number: u64) -> RequestRecord {
    request_record(number, &format!("SELECT {number}"))
}

fn append(journal: &Journal, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        journal.append(&record(number)).unwrap();
    }
}

/// The files in the order in which they began.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

fn write_lines(file: &Path, lines: &[String]) {
    fs::write(file, lines.join("\n") + "\n").unwrap();
}

async fn verified(folder: &Path) -> Verification {
    Journal::open(folder).verify().await.unwrap()
}

async fn numbers(folder: &Path) -> Vec<u64> {
    let records = all(&Journal::open(folder)).await;
    records.iter().map(|record| record.request.strip_prefix("SELECT ").unwrap().parse().unwrap()).collect()
}

async fn all(journal: &Journal) -> Vec<RequestRecord> {
    read(&*journal.recorded().await.unwrap(), During::default()).await
}

async fn read(recorded: &dyn Recorded, during: During) -> Vec<RequestRecord> {
    recorded.read(during).try_collect::<Vec<_>>().await.unwrap().concat()
}

fn name(file: &Path) -> String {
    file.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The faults as `<which file>:<line> <message>`, files counted from 1.
async fn faults(folder: &Path, before: &[PathBuf]) -> Vec<String> {
    let which = |file: &str| before.iter().position(|known| name(known) == file).unwrap() + 1;
    let mut faults = Vec::new();
    for fault in verified(folder).await.faults {
        let mut message = fault.message;
        for known in before {
            message = message.replace(&name(known), &which(&name(known)).to_string());
        }
        faults.push(format!("{}:{} {message}", which(&fault.file), fault.line));
    }
    faults
}

/// Three files of processes that followed on one another, with the records 1 to 3, 4 to 6 and 7 to 9.
fn three_processes() -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    for first in [1, 4, 7] {
        append(&Journal::open(folder.path()), first..first + 3);
    }
    let files = files(folder.path());
    assert_eq!(files.len(), 3);
    (folder, files)
}

#[tokio::test]
async fn nothing_is_made_before_the_first_record() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("audit");
    let journal = Journal::open(&folder);
    assert_eq!(all(&journal).await, []);
    let nothing = Verification { records: 0, chains: 0, incomplete: Vec::new(), faults: Vec::new() };
    assert_eq!(journal.verify().await.unwrap(), nothing);
    assert!(!folder.exists());
    append(&journal, [1]);
    assert_eq!(journal.verify().await.unwrap(), Verification { records: 1, chains: 1, ..nothing });
}

#[tokio::test]
async fn what_is_appended_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let long = request_record(1, &"SELECT 'ä\n\"hash\"\\ \u{2028}' ".repeat(5000));
    let refused = RequestRecord {
        principal: None,
        purpose: None,
        client: None,
        reads: [].into(),
        result: RequestResult::Refused { reason: "why\nnot".to_owned() },
        ..request_record(2, "")
    };
    let limited = RequestRecord { result: RequestResult::Limited { limit: "rows".to_owned() }, ..record(3) };
    let journal = Journal::open(folder.path());
    for record in [&refused, &limited, &long] {
        journal.append(record).unwrap();
    }
    assert_eq!(all(&journal).await, [refused, limited, long]);
    assert_eq!(verified(folder.path()).await.faults, []);
    // The end of a long last line is found by the next process.
    append(&Journal::open(folder.path()), [4]);
    assert!(lines(&files(folder.path())[1])[0].contains(r#""sequence":3,"hash""#));
}

fn seconds(from: Option<u64>, until: Option<u64>) -> During {
    let at = |number| record(number).at;
    During { from: from.map(at), until: until.map(at) }
}

async fn numbers_of(recorded: &dyn Recorded, during: During) -> Vec<u64> {
    let records = read(recorded, during).await;
    records.iter().map(|record| record.request.strip_prefix("SELECT ").unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn what_comes_later_is_not_what_was_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path());
    append(&journal, 1..3);
    let then = journal.recorded().await.unwrap();
    append(&journal, 3..5);
    append(&Journal::open(folder.path()), 5..7);
    for _ in 0..2 {
        assert_eq!(numbers_of(&*then, During::default()).await, [1, 2]);
    }
    let now = journal.recorded().await.unwrap();
    assert_eq!(numbers_of(&*now, During::default()).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers_of(&*then, During::default()).await, [1, 2]);
}

#[tokio::test]
async fn only_records_of_the_time_are_read() {
    let (folder, _) = three_processes();
    let journal = Journal::open(folder.path());
    let recorded = journal.recorded().await.unwrap();
    // Before and after it is known what is in which file.
    for _ in 0..2 {
        for (during, expected) in [
            (seconds(Some(6), None), &[6, 7, 8, 9][..]),
            (seconds(None, Some(2)), &[1, 2]),
            (seconds(Some(3), Some(4)), &[3, 4]),
            (seconds(Some(10), None), &[]),
            (During::default(), &[1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ] {
            assert_eq!(numbers_of(&*recorded, during).await, expected, "{during:?}");
        }
    }
}

/// What was added since, by number, and how far the record goes now.
async fn added(journal: &Journal, extent: Extent) -> (Vec<u64>, Extent) {
    let pieces: Vec<_> = journal.recorded().await.unwrap().read_since(extent.clone()).try_collect().await.unwrap();
    let last = pieces.last().map_or(extent, |piece| piece.extent.clone());
    let records = pieces.into_iter().flat_map(|piece| piece.records);
    (records.map(|record| record.request.strip_prefix("SELECT ").unwrap().parse().unwrap()).collect(), last)
}

#[tokio::test]
async fn what_was_added_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Journal::open(folder.path()), Journal::open(folder.path()));
    let reader = Journal::open(folder.path());
    assert_eq!(added(&reader, Extent::new()).await, (vec![], Extent::new()));
    append(&one, 1..3);
    let (numbers, extent) = added(&reader, Extent::new()).await;
    assert_eq!(numbers, [1, 2]);
    assert_eq!(added(&reader, extent.clone()).await, (vec![], extent.clone()));
    append(&other, 3..5);
    append(&one, 5..6);
    let (mut numbers, extent) = added(&reader, extent).await;
    numbers.sort_unstable();
    assert_eq!(numbers, [3, 4, 5]);

    // A line that is being written is read when it is whole.
    append(&other, 6..8);
    let newest = files(folder.path()).pop().unwrap();
    let whole = fs::read(&newest).unwrap();
    let line = lines(&newest).pop().unwrap().len() + 1;
    for written in 0..line {
        fs::write(&newest, &whole[..whole.len() - line + written]).unwrap();
        assert_eq!(added(&reader, extent.clone()).await.0, [6], "{written} of {line} bytes");
    }
    let extent = added(&reader, extent).await.1;
    fs::write(&newest, whole).unwrap();
    assert_eq!(added(&reader, extent).await.0, [7]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whoever_goes_on_reading_misses_nothing(
        steps in prop::collection::vec((0..3_usize, 0..40_u64), 1..12),
        longest in 500..20_000_u64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let journals = [(); 3].map(|()| Journal::open(folder.path()).with_files_of(longest).with_pace(Duration::ZERO));
        let (mut next, mut extent, mut seen) = (0, Extent::new(), Vec::new());
        for (which, count) in steps {
            append(&journals[which], next..next + count);
            next += count;
            let (numbers, read) = runtime.block_on(added(&journals[0], extent));
            extent = read;
            seen.extend(numbers);
        }
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..next).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_file_that_has_nothing_of_the_time_is_not_read_again() {
    let (folder, files) = three_processes();
    let journal = Journal::open(folder.path());
    let late = seconds(Some(7), None);
    assert_eq!(numbers_of(&*journal.recorded().await.unwrap(), late).await, [7, 8, 9]);
    // Reading it would give a record more: its first one, with the moment of another.
    let text = fs::read_to_string(&files[0]).unwrap();
    let moment = |number| serde_json::to_string(&record(number).at).unwrap();
    let changed = text.replace(&moment(1), &moment(8));
    assert_eq!(changed.len(), text.len());
    fs::write(&files[0], &changed).unwrap();
    assert_eq!(numbers_of(&*journal.recorded().await.unwrap(), late).await, [7, 8, 9]);
    assert_eq!(numbers_of(&*Journal::open(folder.path()).recorded().await.unwrap(), late).await, [1, 7, 8, 9]);
    assert_eq!(verified(folder.path()).await.faults.len(), 1, "that is for `verify` to find");
    // A file that has grown since is read.
    fs::write(&files[0], changed.clone() + "{}\n").unwrap();
    assert_eq!(numbers_of(&*journal.recorded().await.unwrap(), late).await, [1, 7, 8, 9]);
}

#[tokio::test]
async fn the_newest_records_are_found_without_reading_those_that_can_only_be_older() {
    let (folder, files) = three_processes();
    let journal = Journal::open(folder.path());
    let of = |records: Vec<RequestRecord>| -> Vec<u64> {
        records.iter().map(|record| record.request.strip_prefix("SELECT ").unwrap().parse().unwrap()).collect()
    };
    let filter = RequestFilter::default();
    assert_eq!(of(newest(&journal, &filter, None, 2).await.unwrap()), [8, 9]);
    assert_eq!(of(newest(&journal, &filter, None, 99).await.unwrap()), (1..=9).collect::<Vec<_>>());
    let before = Some((record(5).at, record(5).id));
    assert_eq!(of(newest(&journal, &filter, before, 3).await.unwrap()), [2, 3, 4]);
    let early = RequestFilter { during: During { from: None, until: Some(record(3).at) }, ..RequestFilter::default() };
    assert_eq!(of(newest(&journal, &early, None, 2).await.unwrap()), [2, 3]);
    // Reading the first file would give one of its records another moment. By now it is known to be older.
    let text = fs::read_to_string(&files[0]).unwrap();
    let moment = |number| serde_json::to_string(&record(number).at).unwrap();
    fs::write(&files[0], text.replace(&moment(1), &moment(9))).unwrap();
    assert_eq!(of(newest(&journal, &filter, None, 4).await.unwrap()), [6, 7, 8, 9]);
    let anew = of(newest(&Journal::open(folder.path()), &filter, None, 2).await.unwrap());
    assert_eq!(anew, [1, 9], "whoever knows nothing of the files reads all of them");
    // What was added to a file is seen, also where its records are older than those of others.
    append(&Journal::open(folder.path()), [10]);
    assert_eq!(of(newest(&journal, &filter, None, 2).await.unwrap()), [9, 10]);
}

#[tokio::test]
async fn a_long_record_is_read_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    append(&Journal::open(folder.path()).with_files_of(1 << 20), 0..3_000);
    let bytes: u64 = files(folder.path()).iter().map(|file| file.metadata().unwrap().len()).sum();
    let recorded = Journal::open(folder.path()).recorded().await.unwrap();
    let pieces: Vec<Vec<RequestRecord>> = recorded.read(During::default()).try_collect().await.unwrap();
    assert!(pieces.len() as u64 >= bytes / (300 << 10), "{} pieces of {bytes} bytes", pieces.len());
    assert!(pieces.iter().all(|piece| piece.len() < 1_500));
    assert_eq!(pieces.concat().len(), 3_000);
    // Whoever wants no more leaves the rest unread.
    assert!(!recorded.read(During::default()).try_next().await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn many_at_once_are_all_kept() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [0, 1].map(|_| Journal::open(folder.path()).with_pace(Duration::ZERO));
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let journal = &journals[usize::from(thread % 2 == 1)];
            scope.spawn(move || append(journal, (0..200).map(|number| thread * 200 + number)));
        }
    });
    let found = verified(folder.path()).await;
    assert_eq!((found.records, found.chains), (1600, 2));
    assert_eq!((found.faults, found.incomplete), (Vec::new(), Vec::new()));
    let kept = numbers(folder.path()).await;
    assert_eq!(kept.iter().copied().collect::<BTreeSet<u64>>(), (0..1600).collect::<BTreeSet<u64>>());
    for thread in 0..8 {
        let own: Vec<_> = kept.iter().filter(|number| *number / 200 == thread).collect();
        assert!(own.is_sorted(), "the order of one thread is kept");
    }
}

#[tokio::test]
async fn a_long_file_is_followed_by_another_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).with_files_of(3000);
    append(&journal, 1..=30);
    let all = files(folder.path());
    assert!(all.len() > 3, "{all:?}");
    assert!(all.iter().all(|file| fs::metadata(file).unwrap().len() < 5000));
    assert_eq!(numbers(folder.path()).await, (1..=30).collect::<Vec<_>>());
    let found = verified(folder.path()).await;
    assert_eq!((found.records, found.chains, &*found.faults), (30, all.len() as u64, &[][..]));
    for (index, file) in all.iter().enumerate() {
        let header = &lines(file)[0];
        let names: Vec<_> = all.iter().filter(|other| *other != file && header.contains(&name(other))).collect();
        assert_eq!(names, all[..index].iter().skip(index.saturating_sub(1)).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_file_names_every_end_that_no_other_names() {
    let folder = tempfile::tempdir().unwrap();
    let journals = [1, 2].map(|_| Journal::open(folder.path()));
    append(&journals[0], [1]);
    append(&journals[1], [2]);
    // The first one goes on after the second has named it.
    append(&journals[0], [3]);
    append(&Journal::open(folder.path()), [4]);
    let all = files(folder.path());
    let names = |file: usize, other: usize, sequence: u64| {
        lines(&all[file])[0].contains(&format!(r#""file":"{}","sequence":{sequence},"#, name(&all[other])))
    };
    assert!(names(1, 0, 1));
    assert!(names(2, 0, 2) && names(2, 1, 1));
    append(&Journal::open(folder.path()), [5]);
    let last = &lines(&files(folder.path())[3])[0];
    assert!(last.contains(&name(&all[2])) && !last.contains(&name(&all[0])) && !last.contains(&name(&all[1])));
}

#[test]
fn any_byte_that_is_changed_is_found() {
    let (folder, files) = three_processes();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let texts: Vec<_> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let found = |file: usize, at: usize, byte: u8| {
        let mut changed = texts[file].clone();
        changed[at] = byte;
        fs::write(&files[file], &changed).unwrap();
        let faults = runtime.block_on(verified(folder.path())).faults;
        fs::write(&files[file], &texts[file]).unwrap();
        faults.iter().any(|fault| fault.file == name(&files[file]))
    };
    for (file, text) in texts.iter().enumerate() {
        let last = text.len() - 1;
        assert!(found(file, last, b' ') && found(file, last, b'}') && found(file, last, 0xff), "the last line break");
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(1500));
    let changes = (any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), 1..=255_u8);
    let outcome = runner.run(&changes, |(file, at, change)| {
        let file = file.index(files.len());
        let at = at.index(texts[file].len());
        prop_assert!(found(file, at, texts[file][at] ^ change), "byte {at} of file {file}");
        Ok(())
    });
    outcome.unwrap();
    assert_eq!(runtime.block_on(verified(folder.path())).faults, []);
}

#[tokio::test]
async fn lines_that_are_removed_added_or_moved_are_found() {
    let (folder, files) = three_processes();
    let whole = lines(&files[1]);
    let changed = async |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        write_lines(&files[1], &lines);
        faults(folder.path(), &files).await
    };
    let moved = "lines were removed, added or moved";
    let found = changed(&|lines| drop(lines.remove(1))).await;
    assert_eq!(found, [format!("2:2 its number is 2 where 1 is due: {moved}")]);
    let found = changed(&|lines| drop(lines.remove(0))).await;
    assert_eq!(found, [format!("2:1 its number is 1 where 0 is due: {moved}")]);
    let found = changed(&|lines| drop(lines.pop())).await;
    assert_eq!(found, ["2:4 the record 3 is gone; `3` names it"]);
    let found = changed(&|lines| lines.swap(1, 2)).await;
    assert_eq!(found[0], format!("2:2 its number is 2 where 1 is due: {moved}"));
    let found = changed(&|lines| lines.insert(2, lines[1].clone())).await;
    assert_eq!(found, [format!("2:3 its number is 1 where 2 is due: {moved}")]);
    let foreign = lines(&files[0])[2].clone();
    let found = changed(&|lines| lines[2] = foreign.clone()).await;
    assert_eq!(found, ["2:3 it does not follow on the line before", "2:4 it does not follow on the line before"]);
    let found = changed(&|lines| lines[2] = lines[2].replace("SELECT 5", "SELECT 6")).await;
    assert_eq!(found, ["2:3 its hash is not that of what it holds"]);
    let found = changed(&|lines| lines[2] = "no line".to_owned()).await;
    assert_eq!(found, ["2:3 this is no line of the record"]);
    assert_eq!(changed(&|_| {}).await, [""; 0]);
}

/// The same lines, with hashes that fit what they hold.
fn forged(lines: &[String]) -> Vec<String> {
    let mut previous = blake3::Hash::from_bytes([0; 32]);
    let anew = lines.iter().enumerate().map(|(sequence, line)| {
        let (_, rest) = line.split_once(r#""previous":""#).unwrap();
        let (keyed, _) = rest[66..].rsplit_once(r#","hash":""#).unwrap();
        let (key, body) = keyed.split_once(':').unwrap();
        let hash = blake3::Hasher::new().update(previous.as_bytes()).update(body.as_bytes()).finalize();
        let (before, hash) = (std::mem::replace(&mut previous, hash).to_hex(), hash.to_hex());
        format!(r#"{{"sequence":{sequence},"previous":"{before}",{key}:{body},"hash":"{hash}"}}"#)
    });
    anew.collect()
}

/// Whoever writes a file anew, with hashes that fit, is betrayed by the file that named its end.
#[tokio::test]
async fn a_file_that_is_written_anew_is_found() {
    let (folder, files) = three_processes();
    let mut lines = lines(&files[0]);
    assert_eq!(forged(&lines), lines);
    lines[2] = lines[2].replace("SELECT 2", "SELECT 0");
    write_lines(&files[0], &forged(&lines));
    assert_eq!(faults(folder.path(), &files).await, ["1:4 `2` names another record here"]);
}

#[tokio::test]
async fn a_file_that_is_removed_or_renamed_is_found() {
    let (folder, files) = three_processes();
    let aside = folder.path().join("aside");
    for (index, file) in files[..2].iter().enumerate() {
        fs::rename(file, &aside).unwrap();
        let expected = format!("{}:1 the file is gone; `{}` names it", index + 1, index + 2);
        assert_eq!(faults(folder.path(), &files).await, [expected]);
        fs::rename(&aside, file).unwrap();
    }
    // Both are gone: the last one still misses the one before.
    let texts = [&files[0], &files[1]].map(|file| fs::read(file).unwrap());
    for file in &files[..2] {
        fs::remove_file(file).unwrap();
    }
    assert_eq!(faults(folder.path(), &files).await, ["2:1 the file is gone; `3` names it"]);
    // Each stands under the name of the other.
    fs::write(&files[0], &texts[1]).unwrap();
    fs::write(&files[1], &texts[0]).unwrap();
    let found = faults(folder.path(), &files).await;
    assert!(found.contains(&"1:1 the file was `2` when it began".to_owned()), "{found:?}");
    assert!(found.contains(&"2:1 the file was `1` when it began".to_owned()), "{found:?}");
}

/// What is cut off is found wherever a later file names the end. Of the newest file nothing can be missed, and a last line
/// without its end is what a process leaves that dies while it writes.
#[tokio::test]
async fn a_file_that_is_cut_is_found_unless_it_is_the_newest() {
    let (folder, files) = three_processes();
    for (index, file) in files.iter().enumerate() {
        let text = fs::read(file).unwrap();
        for length in 0..text.len() {
            fs::write(file, &text[..length]).unwrap();
            let found = verified(folder.path()).await;
            let whole = text[..length].split(|byte| *byte == b'\n').count() - 1;
            assert_eq!(found.records, 6 + whole.saturating_sub(1) as u64);
            let ended = length > 0 && text[length - 1] == b'\n';
            assert_eq!(found.incomplete, if ended { vec![] } else { vec![name(file)] }, "{length} bytes");
            if index < 2 {
                assert!(found.faults.iter().any(|fault| fault.file == name(file)), "{length} bytes");
            } else {
                assert_eq!(found.faults, [], "{length} bytes");
            }
        }
        fs::write(file, &text).unwrap();
    }
}

#[tokio::test]
async fn what_a_dead_process_left_is_named_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    append(&Journal::open(folder.path()), [1, 2]);
    let first = files(folder.path()).remove(0);
    let text = fs::read(&first).unwrap();
    fs::write(&first, &text[..text.len() - 20]).unwrap();
    // Two that died before their first record was written.
    for (name, text) in [("01900000-0000-7000-8000-000000000000", ""), ("01900000-0000-7000-8000-000000000001", "{")] {
        fs::write(folder.path().join(format!("{name}.ndjson")), text).unwrap();
    }
    append(&Journal::open(folder.path()), [3]);
    assert_eq!(numbers(folder.path()).await, [1, 3]);
    let found = verified(folder.path()).await;
    assert_eq!((found.records, found.chains, &*found.faults), (2, 4, &[][..]));
    assert_eq!(found.incomplete.len(), 3);

    fs::write(&first, &text[..text.len() / 2]).unwrap();
    assert_eq!(verified(folder.path()).await.faults.len(), 1, "the record that was whole is missed");
}

/// While the process lives it remembers what it has written.
#[tokio::test]
async fn a_file_that_is_taken_from_a_living_process_is_found() {
    for cut in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).with_pace(Duration::ZERO);
        append(&journal, [1, 2]);
        let first = files(folder.path());
        if cut {
            write_lines(&first[0], &lines(&first[0])[..2]);
        } else {
            fs::remove_file(&first[0]).unwrap();
        }
        append(&journal, [3, 4]);
        let found = verified(folder.path()).await.faults;
        assert_eq!(found.len(), 1);
        assert_eq!((&found[0].file, found[0].line), (&name(&first[0]), if cut { 3 } else { 1 }));
        assert_eq!(numbers(folder.path()).await, if cut { vec![1, 3, 4] } else { vec![3, 4] });
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_hides_no_other() {
    let (folder, files) = three_processes();
    let mut text = lines(&files[1]);
    text[2] = "{\"sequence\":2".to_owned();
    write_lines(&files[1], &text);
    fs::write(folder.path().join("notes.txt"), "not of the record").unwrap();
    assert_eq!(numbers(folder.path()).await, [1, 2, 3, 4, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_folder_that_is_none_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit");
    fs::write(&path, "a file").unwrap();
    let journal = Journal::open(&path);
    let location = path.display().to_string();
    assert!(matches!(journal.append(&record(1)), Err(AuditError::Write { location: at, .. }) if at == location));
    assert!(matches!(journal.recorded().await, Err(AuditError::Read { location: at, .. }) if at == location));
    assert!(matches!(journal.verify().await, Err(AuditError::Read { location: at, .. }) if at == location));
}

/// Runs a test of this binary once more, in a process of its own: `script` starts it as `"$@"`.
fn again(test: &str, folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    let test = format!("journal::{test}");
    command.args(["-c", script, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", &test, "--nocapture", "--test-threads=1"]).env(INSIDE, folder);
    command
}

const INSIDE: &str = "OUTPORT_TEST_JOURNAL";

/// Killed in the middle of writing, over and over: whatever it was told is kept is kept, and what it left is in order.
#[tokio::test]
async fn a_killed_process_leaves_what_it_was_told_is_kept() {
    if let Some(folder) = std::env::var_os(INSIDE) {
        let journal = Journal::open(folder);
        for number in 1.. {
            journal.append(&request_record(number, &format!("SELECT {number} {}", "x".repeat(20_000)))).unwrap();
            println!("\nkept {number}");
        }
    }
    for round in 1..=5_usize {
        let folder = tempfile::tempdir().unwrap();
        let mut process = again("a_killed_process_leaves_what_it_was_told_is_kept", folder.path(), "exec \"$@\"");
        let mut process = process.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut told = lines.filter_map(|line| line.strip_prefix("kept ")?.parse::<u64>().ok());
        let first: Vec<_> = told.by_ref().take(20 * round).collect();
        process.kill().unwrap();
        process.wait().unwrap();
        assert_eq!(first.len(), 20 * round);
        let last = told.last().unwrap_or(20 * round as u64);

        let found = verified(folder.path()).await;
        assert_eq!(found.faults, []);
        assert!(found.records == last || found.records == last + 1, "{} of {last}", found.records);
        append(&Journal::open(folder.path()), [0]);
        let found = verified(folder.path()).await;
        assert_eq!((found.chains, found.faults), (2, Vec::new()));
    }
}

/// A limit on the size of files fails a write in the middle like a full disk does, and needs no privilege.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_is_an_error_and_breaks_nothing() {
    let Some(folder) = std::env::var_os(INSIDE) else {
        let folder = tempfile::tempdir().unwrap();
        let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
        let output = again("a_full_disk_is_an_error_and_breaks_nothing", folder.path(), limited).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    };
    let folder = Path::new(&folder);
    let journal = Journal::open(folder);
    let huge = request_record(0, &"x".repeat(40_000));
    let refused = |record: &RequestRecord| assert!(matches!(journal.append(record), Err(AuditError::Write { .. })));
    refused(&huge);
    assert_eq!(files(folder), [""; 0].map(PathBuf::from), "a file without a record is not left behind");
    append(&journal, [1]);
    refused(&huge);
    append(&journal, [2]);
    let mut last = 2;
    while journal.append(&record(last + 1)).is_ok() {
        last += 1;
        assert!(last < 100, "the limit holds");
    }
    refused(&record(100));
    let found = verified(folder).await;
    assert_eq!((found.records, found.chains), (last, 1));
    assert_eq!((found.faults, found.incomplete), (Vec::new(), Vec::new()));
    assert_eq!(numbers(folder).await, (1..=last).collect::<Vec<_>>());
}
