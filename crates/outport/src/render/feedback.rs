//! What people say about products.

use outport_app::gate::{FeedbackThread, Ratings, SeenFeedback};
use outport_model::feedback::Reply;

use super::{count, grouped, moment, table};

/// Questions, problems and requests, a line each.
pub(crate) fn list(found: &[SeenFeedback]) -> String {
    if found.is_empty() {
        return "nothing was said: `outport feedback ask PRODUCT \"…\"`".to_owned();
    }
    let row = |seen: &SeenFeedback| {
        let said = &seen.feedback;
        vec![
            said.id.to_string(),
            said.kind.as_str().to_owned(),
            said.subject.to_string(),
            said.title.to_string(),
            said.state.as_str().to_owned(),
            said.author.to_string(),
            said.assignee.as_ref().map(ToString::to_string).unwrap_or_default(),
            grouped(seen.votes),
            grouped(seen.reply_count),
            moment(said.created_at),
        ]
    };
    let header = ["id", "kind", "about", "title", "state", "by", "for", "votes", "replies", "at (UTC)"];
    table(&header, found.iter().map(row))
}

/// One with everything that was said to it.
pub(crate) fn thread(thread: &FeedbackThread) -> String {
    let said = &thread.feedback.feedback;
    let state = match (&said.state_changed_by, said.state_changed_at) {
        (Some(by), Some(at)) => format!("{}, by {by} at {} UTC", said.state.as_str(), moment(at)),
        _ => said.state.as_str().to_owned(),
    };
    let edited = said.edited_at.map(|at| format!(", corrected at {} UTC", moment(at))).unwrap_or_default();
    let mut lines = vec![
        format!("{} {}", said.kind.as_str(), said.id),
        format!("  about {}", said.subject),
        format!("  by {} at {} UTC{edited}", said.author, moment(said.created_at)),
        format!("  {state}"),
    ];
    lines.extend(said.assignee.as_ref().map(|assignee| format!("  for {assignee}")));
    lines.push(format!("  {}", counted(&thread.feedback)));
    lines.push(String::new());
    lines.push(said.title.to_string());
    if said.text.as_str() != said.title.as_str() {
        lines.extend(indented(said.text.as_str()));
    }
    for reply in &thread.replies {
        lines.push(String::new());
        lines.push(begin(reply));
        lines.extend(indented(reply.text.as_str()));
    }
    lines.join("\n")
}

/// How many it matters to.
pub(crate) fn votes(seen: &SeenFeedback) -> String {
    format!("{} {}: {}", seen.feedback.kind.as_str(), seen.feedback.id, counted(seen))
}

/// How a product is rated.
pub(crate) fn ratings(rated: &Ratings) -> String {
    let mean = match rated.csat.mean {
        Some(mean) => format!("{mean:.2} of 5, {}", ratings_of(rated.csat.count)),
        None => "nobody has rated it".to_owned(),
    };
    let score = match rated.nps.score {
        Some(score) => format!("{score:+.0} points, {}", ratings_of(rated.nps.count)),
        None => "nobody has said".to_owned(),
    };
    let mut lines = vec![format!("product `{}`", rated.product), format!("  content: {mean}")];
    lines.push(format!("  would recommend it: {score}"));
    if let Some(mine) = &rated.mine {
        let nps = mine.nps.map(|nps| format!(", {} of 10", nps.get())).unwrap_or_default();
        lines.push(format!("  you: {} of 5{nps}", mine.csat.get()));
    }
    for comment in &rated.comments {
        lines.push(String::new());
        lines.push(format!("{} at {} UTC, {} of 5", comment.author, moment(comment.rated_at), comment.csat.get()));
        lines.extend(comment.text.iter().flat_map(|text| indented(text.as_str())));
    }
    lines.join("\n")
}

fn ratings_of(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "rating")
}

fn counted(seen: &SeenFeedback) -> String {
    let votes = count(usize::try_from(seen.votes).unwrap_or(usize::MAX), "vote");
    if seen.voted { format!("{votes}, yours among them") } else { votes }
}

fn begin(reply: &Reply) -> String {
    let whose = if reply.operator { ", who operates the product," } else { "" };
    format!("{}{whose} at {} UTC", reply.author, moment(reply.created_at))
}

fn indented(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| format!("  {line}").trim_end().to_owned())
}
