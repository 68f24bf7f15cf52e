-- How many of the changes that are counted are of users and tokens alone: whoever keeps what policies decide for someone need
-- not decide anew because another signs in. What is counted already is taken for changes of what decides.

PRAGMA user_version = 5;

ALTER TABLE change ADD COLUMN people INTEGER NOT NULL DEFAULT 0;

DROP TRIGGER change_user_added;
DROP TRIGGER change_user_changed;
DROP TRIGGER change_user_removed;
DROP TRIGGER change_token_added;
DROP TRIGGER change_token_changed;
DROP TRIGGER change_token_removed;

CREATE TRIGGER change_user_added AFTER INSERT ON user BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;
CREATE TRIGGER change_user_changed AFTER UPDATE ON user BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;
CREATE TRIGGER change_user_removed AFTER DELETE ON user BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;

-- Not `last_used_at`: it decides nothing, and is written with requests.
CREATE TRIGGER change_token_added AFTER INSERT ON token BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;
CREATE TRIGGER change_token_changed AFTER UPDATE OF id, owner, digest, scope, expires_at, revoked_at ON token BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;
CREATE TRIGGER change_token_removed AFTER DELETE ON token BEGIN
    UPDATE change SET number = number + 1, people = people + 1;
END;
