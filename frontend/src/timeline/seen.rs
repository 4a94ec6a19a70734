//! Beside which message it is shown how far each of the others has read.

use super::rows::{Row, RowContent};
use shared::id::{Seq, UserId};

/// Puts everybody beside the last message that they have read. Whoever spoke has read what was said
/// before: where they are, their own words show.
pub fn place_seen(rows: &mut [Row], mut seen: Vec<(UserId, Seq)>) {
    for row in rows.iter_mut().rev() {
        let RowContent::Message(said) = &mut row.content else { continue };
        let Some(seq) = said.seq else { continue };
        seen.retain(|(user, read)| {
            let spoke = *user == said.author;
            if *read >= seq && !spoke {
                said.seen.push(*user);
            }
            *read < seq && !spoke
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::{Pending, Reader, RowContent, rows};
    use super::super::window::tests::{said, timeline};
    use super::*;
    use shared::room::RoomKind;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn each_stands_beside_the_last_message_that_they_have_read_or_said() {
        let me = person(1);
        let timeline = timeline(vec![said(3, me, 0), said(5, person(2), 1), said(6, me, 2)]);
        let reader = Reader { me, room: RoomKind::Closed };
        let mut rows = rows(&timeline, &Pending::default(), None, reader);
        let seen = [(2, 3), (3, 4), (4, 5), (5, 9), (6, 2)];
        let seen = seen.map(|(user, read)| (person(user), Seq(read)));
        place_seen(&mut rows, seen.to_vec());
        let placed: Vec<_> = rows
            .iter()
            .filter_map(|row| match &row.content {
                RowContent::Message(said) => Some(said.seen.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(placed, [vec![person(3)], vec![person(4)], vec![person(5)]]);
    }
}
