//! `outport feedback`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use outport_app::{
    feedback::FeedbackFilter,
    gate::{FeedbackEdit, FeedbackOrder, FeedbackThread, RatingOrder},
};
use outport_model::{
    feedback::{Csat, FeedbackId, FeedbackKind, FeedbackState, Nps, Subject, Title, Writing},
    name::ProductName,
    principal::PrincipalId,
};

use super::Setting;
use crate::{failure::Failure, platform::Platform, render, terminal::Terminal};

/// Ask about products, tell of problems, and answer
#[derive(Debug, Args)]
pub(crate) struct Feedback {
    #[command(subcommand)]
    verb: FeedbackVerb,
    /// As this user [default: whoever works on the home, who may do everything]
    #[arg(long = "as", value_name = "USER", value_parser = super::principal, global = true)]
    user: Option<PrincipalId>,
}

#[derive(Debug, Subcommand)]
enum FeedbackVerb {
    /// List questions, problems and requests, newest first
    List(List),
    /// Show one with everything that was said to it
    Show(One),
    /// Ask a question, tell of a problem, or ask for something
    Ask(Ask),
    /// Say something to it
    Reply {
        #[command(flatten)]
        one: One,
        /// What
        #[arg(value_parser = writing)]
        text: Writing,
    },
    /// Correct it, say how far it has come, or whom it is for
    Edit(Edit),
    /// Say that it is done, or will not be
    Close(Close),
    /// Say that it matters to you too
    Vote {
        #[command(flatten)]
        one: One,
        /// Take the vote back
        #[arg(long)]
        undo: bool,
    },
    /// Rate a product; without a rating, show how it is rated
    Rate(Rate),
}

#[derive(Debug, Args)]
struct One {
    /// Question, problem or request
    id: FeedbackId,
}

#[derive(Debug, Args)]
struct List {
    /// Of one product
    #[arg(long, value_name = "NAME", value_parser = super::product)]
    product: Option<ProductName>,
    /// Of one kind: question, problem or request
    #[arg(long)]
    kind: Option<FeedbackKind>,
    /// In one state: open, answered, planned, done, declined or withdrawn
    #[arg(long)]
    state: Option<FeedbackState>,
    /// That this user is to see to
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    assignee: Option<PrincipalId>,
    /// That this user wrote
    #[arg(long, value_name = "USER", value_parser = super::principal)]
    author: Option<PrincipalId>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Ask {
    /// What it is about, as `product`, `product.table` or `product.table.column`
    #[arg(value_parser = subject)]
    about: Subject,
    /// In one line
    #[arg(value_parser = title)]
    title: Title,
    /// In full [default: the one line]
    #[arg(long, value_name = "TEXT", value_parser = writing)]
    text: Option<Writing>,
    /// question, problem or request
    #[arg(long, default_value = "question")]
    kind: FeedbackKind,
}

#[derive(Debug, Args)]
struct Edit {
    #[command(flatten)]
    one: One,
    /// In one line; of one's own
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<Title>,
    /// In full; of one's own
    #[arg(long, value_name = "TEXT", value_parser = writing)]
    text: Option<Writing>,
    /// open, answered, planned, done, declined or withdrawn
    #[arg(long)]
    state: Option<FeedbackState>,
    /// Who is to see to it
    #[arg(long, value_name = "USER", value_parser = super::principal, conflicts_with = "nobody")]
    assignee: Option<PrincipalId>,
    /// Nobody is to see to it any more
    #[arg(long)]
    nobody: bool,
}

#[derive(Debug, Args)]
struct Close {
    #[command(flatten)]
    one: One,
    /// It will not be done
    #[arg(long)]
    declined: bool,
    /// What to say to it
    #[arg(long, value_name = "TEXT", value_parser = writing)]
    comment: Option<Writing>,
}

#[derive(Debug, Args)]
struct Rate {
    /// Product
    #[arg(value_parser = super::product)]
    product: ProductName,
    /// How content you are: 1 not at all, 5 very
    #[arg(long, value_name = "1-5", value_parser = grade::<Csat>)]
    csat: Option<Csat>,
    /// How likely you would recommend it: 0 not at all, 10 surely
    #[arg(long, value_name = "0-10", value_parser = grade::<Nps>, requires = "csat")]
    nps: Option<Nps>,
    /// Why
    #[arg(long, value_name = "TEXT", value_parser = writing, requires = "csat")]
    text: Option<Writing>,
}

impl Feedback {
    pub(super) async fn execute(self, setting: &Setting) -> Result<ExitCode, Failure> {
        let platform = Platform::open(setting).await?;
        let (terminal, who) = (setting.terminal, self.user.as_ref());
        match self.verb {
            FeedbackVerb::List(list) => {
                let found = platform.list_feedback(who, &list.filter(), list.limit).await?;
                if !terminal.machine(&found) {
                    terminal.out(&render::feedback::list(&found));
                }
            }
            FeedbackVerb::Show(one) => show(terminal, &platform.feedback(who, one.id).await?),
            FeedbackVerb::Ask(ask) => show(terminal, &platform.give_feedback(who, ask.order()?).await?),
            FeedbackVerb::Reply { one, text } => {
                show(terminal, &platform.reply_to_feedback(who, one.id, text).await?);
            }
            FeedbackVerb::Edit(edit) => {
                let (id, edit) = edit.edit();
                show(terminal, &platform.change_feedback(who, id, edit).await?);
            }
            FeedbackVerb::Close(close) => show(terminal, &close.execute(&platform, who).await?),
            FeedbackVerb::Vote { one, undo } => {
                let seen = platform.vote_for_feedback(who, one.id, !undo).await?;
                if !terminal.machine(&seen) {
                    terminal.out(&render::feedback::votes(&seen));
                }
            }
            FeedbackVerb::Rate(rate) => {
                let rated = match rate.csat {
                    Some(csat) => {
                        let order = RatingOrder { csat, nps: rate.nps, text: rate.text };
                        platform.rate(who, &rate.product, order).await?
                    }
                    None => platform.ratings(who, &rate.product).await?,
                };
                if !terminal.machine(&rated) {
                    terminal.out(&render::feedback::ratings(&rated));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn filter(&self) -> FeedbackFilter {
        FeedbackFilter {
            product: self.product.clone(),
            kind: self.kind,
            state: self.state,
            assignee: self.assignee.clone(),
            author: self.author.clone(),
        }
    }
}

impl Ask {
    fn order(self) -> Result<FeedbackOrder, Failure> {
        let text = match self.text {
            Some(text) => text,
            // What fits in a line fits in a text.
            None => writing(self.title.as_str())
                .map_err(|message| Failure::Argument { message, help: "say it with `--text`".to_owned() })?,
        };
        Ok(FeedbackOrder { subject: self.about, kind: self.kind, title: self.title, text })
    }
}

impl Edit {
    fn edit(self) -> (FeedbackId, FeedbackEdit) {
        let Self { one, title, text, state, assignee, nobody } = self;
        let assignee = if nobody { Some(None) } else { assignee.map(Some) };
        (one.id, FeedbackEdit { title, text, state, assignee })
    }
}

impl Close {
    async fn execute(self, platform: &Platform, who: Option<&PrincipalId>) -> Result<FeedbackThread, Failure> {
        if let Some(comment) = self.comment {
            // The thread that this gives is shown as it is after the change.
            let _before = platform.reply_to_feedback(who, self.one.id, comment).await?;
        }
        let state = if self.declined { FeedbackState::Declined } else { FeedbackState::Done };
        let edit = FeedbackEdit { state: Some(state), ..FeedbackEdit::default() };
        platform.change_feedback(who, self.one.id, edit).await
    }
}

fn show(terminal: Terminal, thread: &FeedbackThread) {
    if !terminal.machine(thread) {
        terminal.out(&render::feedback::thread(thread));
    }
}

/// What feedback is about, as an argument.
fn subject(text: &str) -> Result<Subject, String> {
    let mut parts = text.splitn(3, '.');
    let product = super::product(parts.next().unwrap_or_default())?;
    let table = parts.next().map(str::parse).transpose().map_err(|error| format!("{error}"))?;
    Ok(Subject { product, table, column: parts.next().map(str::to_owned) })
}

/// One line, as an argument.
fn title(text: &str) -> Result<Title, String> {
    text.parse().map_err(|error: outport_model::feedback::WritingError| error.to_string())
}

/// Lines of text, as an argument.
fn writing(text: &str) -> Result<Writing, String> {
    text.parse().map_err(|error: outport_model::feedback::WritingError| error.to_string())
}

/// A number within its range, as an argument.
fn grade<T: TryFrom<i64, Error = outport_model::feedback::OutOfRange>>(text: &str) -> Result<T, String> {
    let number: i64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    number.try_into().map_err(|error: outport_model::feedback::OutOfRange| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_product_a_table_or_a_column() {
        let shown = |text| subject(text).map(|subject| (subject.table.is_some(), subject.column));
        assert_eq!(shown("orders"), Ok((false, None)));
        assert_eq!(shown("orders.lines"), Ok((true, None)));
        assert_eq!(shown("orders.lines.amount"), Ok((true, Some("amount".to_owned()))));
        assert_eq!(shown("orders.lines.a.b"), Ok((true, Some("a.b".to_owned()))));
        assert!(shown("orders..amount").is_err() && shown("").is_err());
    }

    #[test]
    fn a_grade_is_within_its_range() {
        assert!(grade::<Csat>("5").is_ok());
        assert_eq!(grade::<Csat>("6").unwrap_err(), "6 is not between 1 and 5");
        assert_eq!(grade::<Nps>("ten").unwrap_err(), "`ten` is not a number");
    }
}
