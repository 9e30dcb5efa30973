//! A small program, this test's own binary, that commits rows to SQLite on a disk that fails: what each action does to
//! it, at each of its calls in turn.

use super::*;
use rusqlite::Connection;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ROWS: usize = 3;

fn open(database: &Path) -> Connection {
    let connection = Connection::open(database).expect("a database");
    connection.pragma_update(None, "journal_mode", "wal").expect("a log");
    connection.pragma_update(None, "synchronous", "full").expect("syncs");
    connection
}

/// The program: nothing, unless a test starts it.
#[test]
fn program() {
    let Some(database) = std::env::var_os("LAB_DISK_PROGRAM") else { return };
    let connection = open(Path::new(&database));
    let rows = std::env::var("LAB_DISK_ROWS").expect("how many").parse().expect("a number");
    for row in 0..rows {
        let row: i64 = row;
        match connection.execute("INSERT INTO rows VALUES (?1, zeroblob(6000))", [row]) {
            Ok(_) => println!("committed {row}"),
            Err(error) => println!("failed {row}: {error}"),
        }
    }
    // Without closing, which would write the database.
    std::process::exit(0);
}

/// A database with an empty table, and a disk for it.
struct Stage {
    folder: TempDir,
    disk: Disk,
}

/// What the program said, and how it ended.
struct Ran {
    said: String,
    status: ExitStatus,
}

impl Stage {
    fn set(keeps_disk: bool) -> Self {
        let folder = TempDir::new().expect("a folder");
        let disk = Disk::prepare(folder.path(), keeps_disk).expect("a disk");
        let stage = Self { folder, disk };
        open(&stage.database()).execute_batch("CREATE TABLE rows (id INTEGER, bytes BLOB)").expect("a table");
        stage
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("rows.db")
    }

    fn run(&self, action: Action, calls: Calls) -> Ran {
        self.run_rows(ROWS, action, calls)
    }

    fn run_rows(&self, rows: usize, action: Action, calls: Calls) -> Ran {
        self.disk.arm(action, calls).expect("it is told");
        let mut command = Command::new(std::env::current_exe().expect("this binary"));
        command.args(["--exact", "disk::tests::program", "--nocapture"]);
        command.env("LAB_DISK_PROGRAM", self.database()).env("LAB_DISK_ROWS", rows.to_string());
        command.envs(self.disk.environment()).stdin(Stdio::null());
        let output = command.output().expect("it runs");
        Ran { said: String::from_utf8(output.stdout).expect("text"), status: output.status }
    }

    fn calls(&self) -> u64 {
        self.disk.count().expect("a count").calls
    }

    fn rows(&self) -> Vec<usize> {
        let connection = open(&self.database());
        let sound: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(sound, "ok");
        let mut rows = connection.prepare("SELECT id FROM rows ORDER BY id").expect("a statement");
        let rows = rows.query_map([], |row| row.get::<_, i64>(0)).expect("rows");
        rows.map(|row| usize::try_from(row.expect("a row")).expect("it is small")).collect()
    }
}

impl Ran {
    fn committed(&self) -> Vec<usize> {
        let numbers = self.said.lines().filter_map(|line| line.strip_prefix("committed "));
        numbers.map(|number| number.parse().expect("a number")).collect()
    }

    fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }
}

#[test]
fn calls_are_counted_and_nothing_else_happens() {
    let stage = Stage::set(false);
    let ran = stage.run(Action::Count, Calls::only(1));
    assert_eq!(ran.committed(), [0, 1, 2], "{}", ran.said);
    let all = stage.disk.count().expect("a count");
    // Each commit writes pages with their heads, and syncs once; the first one writes and syncs the log's head too.
    assert!(all.calls > 4 * ROWS as u64 && all.hits == 1, "{all:?}");
    let stage = Stage::set(false);
    stage.run(Action::Count, Calls { kinds: Kinds::Syncs, files: Files::Log, ..Calls::all_from(1) });
    assert_eq!(stage.disk.count().expect("a count"), Count { calls: 4, hits: 4 });
    stage.run(Action::Count, Calls { files: Files::Database, ..Calls::all_from(1) });
    assert_eq!(stage.calls(), 0);
}

#[test]
fn one_error_costs_one_commit_and_a_full_disk_all_that_follow() {
    for (action, says) in
        [(Action::Fail, "disk I/O error"), (Action::FailHalf, "disk I/O error"), (Action::Full, "full")]
    {
        let stage = Stage::set(false);
        stage.run_rows(1, Action::Count, Calls::only(1));
        let second = stage.calls() + 1;
        let stage = Stage::set(false);
        let ran = stage.run(action, Calls::only(second));
        assert_eq!(ran.committed(), [0, 2], "{action:?}: {}", ran.said);
        assert!(ran.said.contains(says), "{action:?}: {}", ran.said);
        assert_eq!(stage.rows(), [0, 2]);
        let stage = Stage::set(false);
        let ran = stage.run(action, Calls::all_from(second));
        assert_eq!(ran.committed(), [0], "{action:?}: {}", ran.said);
    }
}

#[test]
fn a_kill_comes_before_after_or_in_the_middle_of_a_call() {
    let last_sync = Calls { kinds: Kinds::Syncs, ..Calls::only(4) };
    for action in [Action::KillBefore, Action::KillAfter] {
        let stage = Stage::set(false);
        let ran = stage.run(action, last_sync);
        assert!(ran.was_killed() && ran.committed() == [0, 1], "{action:?}: {}", ran.said);
        // What was written is with the system, synced or not.
        assert_eq!(stage.rows(), [0, 1, 2], "{action:?}");
    }
    let stage = Stage::set(false);
    stage.run(Action::Count, Calls { kinds: Kinds::Writes, ..Calls::only(1) });
    let last_write = Calls { kinds: Kinds::Writes, ..Calls::only(stage.calls()) };
    for (action, expected) in
        [(Action::KillBefore, &[0, 1][..]), (Action::KillHalf, &[0, 1]), (Action::KillAfter, &[0, 1, 2])]
    {
        let stage = Stage::set(false);
        let ran = stage.run(action, last_write);
        assert!(ran.was_killed() && ran.committed() == [0, 1], "{action:?}: {}", ran.said);
        assert_eq!(stage.rows(), expected, "{action:?}");
    }
}

#[test]
fn a_delay_takes_its_time() {
    let stage = Stage::set(false);
    let begun = Instant::now();
    let ran = stage.run(Action::Delay(300), Calls::only(2));
    assert_eq!(ran.committed(), [0, 1, 2], "{}", ran.said);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_power_cut_takes_what_was_not_synced_and_nothing_else() {
    let last_sync = Calls { kinds: Kinds::Syncs, ..Calls::only(4) };
    for (action, expected) in [(Action::CutBefore(0), &[0, 1][..]), (Action::CutAfter(0), &[0, 1, 2])] {
        let stage = Stage::set(true);
        let ran = stage.run(action, last_sync);
        assert!(ran.was_killed() && ran.committed() == [0, 1], "{action:?}: {}", ran.said);
        after_power_cut(&stage.database()).expect("what is left");
        assert_eq!(stage.rows(), expected, "{action:?}");
    }
}

#[test]
fn pages_whose_sync_failed_are_lost_unless_they_are_written_again() {
    let stage = Stage::set(true);
    let ran = stage.run(Action::Fail, Calls { kinds: Kinds::Syncs, ..Calls::only(3) });
    assert_eq!(ran.committed(), [0, 2], "{}", ran.said);
    after_power_cut(&stage.database()).expect("what is left");
    assert_eq!(stage.rows(), [0, 2]);
    // The process ends with that sync; another one, which no write comes before, makes nothing of it right.
    let stage = Stage::set(true);
    let ran = stage.run(Action::Fail, Calls { kinds: Kinds::Syncs, ..Calls::all_from(4) });
    assert_eq!(ran.committed(), [0, 1], "{}", ran.said);
    after_power_cut(&stage.database()).expect("what is left");
    assert_eq!(stage.rows(), [0, 1]);
}

#[test]
fn whatever_fails_what_was_committed_is_there() {
    let stage = Stage::set(true);
    stage.run(Action::Count, Calls::only(1));
    for call in 1..=stage.calls() {
        for action in [
            Action::Fail,
            Action::FailHalf,
            Action::KillBefore,
            Action::KillHalf,
            Action::CutBefore(0),
            Action::CutBefore(call),
            Action::CutAfter(call),
        ] {
            let stage = Stage::set(true);
            let ran = stage.run(action, Calls::only(call));
            after_power_cut(&stage.database()).expect("what is left");
            let (committed, rows) = (ran.committed(), stage.rows());
            let is_kept = committed.iter().all(|row| rows.contains(row));
            assert!(is_kept, "{action:?} at {call}: {committed:?}, and there are {rows:?}");
        }
    }
}
