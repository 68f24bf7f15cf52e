//! Which files are read, and whether they are still the same.

use outport_model::run::InputVersion;

use super::*;

fn write(folder: &Path, names: &[&str]) {
    for name in names {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("name\n{name}\n")).unwrap();
    }
}

async fn names(location: &Path) -> Vec<String> {
    let schema = table(&[("name", DataType::String)]);
    let mut found = rows(&files(location, csv()), &schema).await.unwrap();
    found.sort();
    found
}

#[tokio::test]
async fn files_folders_and_globs_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, &["b.csv", "a.csv", ".hidden.csv", "_SUCCESS.csv", "README.md", "deep/er/c.csv", "deep/[x].csv"]);
    assert_eq!(names(&folder.join("a.csv")).await, ["a.csv"]);
    assert_eq!(names(folder).await, ["a.csv", "b.csv", "deep/[x].csv", "deep/er/c.csv"]);
    assert_eq!(names(&folder.join("*.csv")).await, ["a.csv", "b.csv"]);
    assert_eq!(names(&folder.join("[!a].csv")).await, ["b.csv"]);
    assert_eq!(names(&folder.join("**/*.csv")).await, ["a.csv", "b.csv", "deep/[x].csv", "deep/er/c.csv"]);
    assert_eq!(names(&folder.join("deep/**/?.csv")).await, ["deep/er/c.csv"]);
    assert_eq!(names(&folder.join("deep/[x].csv")).await, ["deep/[x].csv"]);
    assert_eq!(names(&folder.join(".hidden.csv")).await, [".hidden.csv"]);
    assert_eq!(names(&folder.join(".h*.csv")).await, [".hidden.csv"]);
}

#[tokio::test]
async fn a_pin_follows_names_and_contents() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &["a.csv", "b.csv"]);
    let source = files(folder.path(), csv());
    let first = source::pin(&source).await.unwrap();
    assert!(matches!(first, InputVersion::Content { files: 2, bytes: 22, .. }));
    source::unchanged(&source, &first).await.unwrap();

    let changes: [&dyn Fn(); 4] = [
        &|| std::fs::write(folder.path().join("a.csv"), "name\na.csw\n").unwrap(),
        &|| write(folder.path(), &["c.csv"]),
        &|| std::fs::rename(folder.path().join("c.csv"), folder.path().join("d.csv")).unwrap(),
        &|| ["a.csv", "b.csv", "d.csv"].iter().for_each(|n| std::fs::remove_file(folder.path().join(n)).unwrap()),
    ];
    let mut before = first;
    for change in changes {
        change();
        let error = source::unchanged(&source, &before).await.unwrap_err();
        assert!(matches!(error, EngineError::SourceChanged { .. }), "{error}");
        if let Ok(now) = source::pin(&source).await {
            before = now;
        }
    }
}

#[tokio::test]
async fn the_same_content_elsewhere_has_the_same_pin() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), &["a.csv"]);
    write(other.path(), &["a.csv"]);
    let pin = async |folder: &Path| source::pin(&files(folder, csv())).await.unwrap();
    assert_eq!(pin(one.path()).await, pin(other.path()).await);
}
