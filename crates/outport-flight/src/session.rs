//! Sessions of those who came with a password, so that it is not sent and checked with every call.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use outport_app::gate::Caller;

/// Sessions at once. The one that ends first gives way to a new one.
const MOST: usize = 10_000;

/// Sessions of one principal at once.
const MOST_OF_ONE: usize = 100;

/// The sessions of this process, by the hash of what their clients show.
#[derive(Debug)]
pub(crate) struct Sessions {
    most: usize,
    most_of_one: usize,
    sessions: Mutex<HashMap<blake3::Hash, Session>>,
}

#[derive(Debug)]
struct Session {
    caller: Caller,
    until: DateTime<Utc>,
}

impl Default for Sessions {
    fn default() -> Self {
        Self::with_limits(MOST, MOST_OF_ONE)
    }
}

impl Sessions {
    fn with_limits(most: usize, most_of_one: usize) -> Self {
        Self { most, most_of_one, sessions: Mutex::default() }
    }

    /// Begins a session and gives what its client is to show.
    pub(crate) fn begin(&self, caller: &Caller, now: DateTime<Utc>, until: DateTime<Utc>) -> String {
        let until = caller.until.map_or(until, |end| end.min(until));
        let caller = Caller { until: Some(until), ..caller.clone() };
        let bearer = format!("outport_session_{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        let mut sessions = self.sessions();
        sessions.retain(|_, session| now < session.until);
        let own = |session: &Session| session.caller.principal.id == caller.principal.id;
        if sessions.values().filter(|session| own(session)).count() >= self.most_of_one {
            remove_first(&mut sessions, own);
        }
        if sessions.len() >= self.most {
            remove_first(&mut sessions, |_| true);
        }
        sessions.insert(blake3::hash(bearer.as_bytes()), Session { caller, until });
        bearer
    }

    /// Whose session it is, where it is one that has not ended.
    pub(crate) fn find(&self, bearer: &str, now: DateTime<Utc>) -> Option<Caller> {
        let sessions = self.sessions();
        let session = sessions.get(&blake3::hash(bearer.as_bytes()))?;
        (now < session.until).then(|| session.caller.clone())
    }

    /// Ends a session; `false` where there is no such session.
    pub(crate) fn end(&self, bearer: &str) -> bool {
        self.sessions().remove(&blake3::hash(bearer.as_bytes())).is_some()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<blake3::Hash, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the session that would end first.
fn remove_first(sessions: &mut HashMap<blake3::Hash, Session>, of: impl Fn(&Session) -> bool) {
    let first = sessions.iter().filter(|(_, session)| of(session)).min_by_key(|(_, session)| session.until);
    if let Some(key) = first.map(|(key, _)| *key) {
        sessions.remove(&key);
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use outport_model::principal::{Principal, PrincipalKind};

    use super::*;

    fn caller(name: &str) -> Caller {
        let principal = Principal::new(name.parse().unwrap(), PrincipalKind::User);
        Caller { principal, ..Caller::local() }
    }

    fn moment(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_session_ends_when_it_is_to_end() {
        let sessions = Sessions::default();
        let bearer = sessions.begin(&caller("ada"), moment(0), moment(10));
        assert_eq!(sessions.find(&bearer, moment(9)).unwrap().principal.id.as_str(), "ada");
        assert_eq!(sessions.find(&bearer, moment(10)), None);
        assert_eq!(sessions.find("outport_session_", moment(0)), None);
        assert!(sessions.end(&bearer));
        assert_eq!(sessions.find(&bearer, moment(9)), None);
        assert!(!sessions.end(&bearer));
    }

    #[test]
    fn a_session_does_not_outlive_its_credential() {
        let sessions = Sessions::default();
        let short = Caller { until: Some(moment(5)), ..caller("ada") };
        let bearer = sessions.begin(&short, moment(0), moment(10));
        assert_eq!(sessions.find(&bearer, moment(4)).unwrap().until, Some(moment(5)));
        assert_eq!(sessions.find(&bearer, moment(5)), None);
    }

    #[test]
    fn one_principal_has_so_many_sessions_and_pushes_out_nobody_else() {
        let sessions = Sessions::with_limits(100, 2);
        let other = sessions.begin(&caller("bob"), moment(0), moment(1));
        let begun = [10, 11, 12].map(|end| sessions.begin(&caller("ada"), moment(0), moment(end)));
        assert_eq!(begun.map(|bearer| sessions.find(&bearer, moment(0)).is_some()), [false, true, true]);
        assert!(sessions.find(&other, moment(0)).is_some());
    }

    #[test]
    fn there_are_so_many_sessions_at_once() {
        let sessions = Sessions::with_limits(2, 100);
        let begun = ["ada", "bob", "eve"].map(|name| sessions.begin(&caller(name), moment(0), moment(10)));
        assert_eq!(begun.iter().filter(|bearer| sessions.find(bearer, moment(0)).is_some()).count(), 2);
        assert!(sessions.find(&begun[2], moment(0)).is_some());
    }

    #[test]
    fn sessions_that_have_ended_make_room() {
        let sessions = Sessions::with_limits(2, 100);
        sessions.begin(&caller("ada"), moment(0), moment(5));
        let lasting = sessions.begin(&caller("bob"), moment(0), moment(10));
        sessions.begin(&caller("eve"), moment(6), moment(20));
        assert!(sessions.find(&lasting, moment(6)).is_some());
    }
}
