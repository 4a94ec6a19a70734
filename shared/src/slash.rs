//! What is typed after a `/` at the beginning of a message: words that ask for something instead of
//! saying it. Read alike wherever they are typed; who carries them out is the client.
//!
//! `//` says a text that begins with `/`. A path (`/usr/bin`) and a `/` alone are text.

/// What may be asked. The word after the `/` is in English; each has a Chinese one as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slash {
    Me,
    Shrug,
    Topic,
    Invite,
    Leave,
    Away,
    Back,
    Dnd,
    Status,
    Remind,
    /// Sends what follows at a later moment.
    Later,
    Poll,
}

impl Slash {
    /// In the order in which they are offered.
    pub const ALL: [Self; 12] = [
        Self::Poll,
        Self::Remind,
        Self::Later,
        Self::Status,
        Self::Dnd,
        Self::Away,
        Self::Back,
        Self::Topic,
        Self::Invite,
        Self::Leave,
        Self::Me,
        Self::Shrug,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Shrug => "shrug",
            Self::Topic => "topic",
            Self::Invite => "invite",
            Self::Leave => "leave",
            Self::Away => "away",
            Self::Back => "back",
            Self::Dnd => "dnd",
            Self::Status => "status",
            Self::Remind => "remind",
            Self::Later => "later",
            Self::Poll => "poll",
        }
    }

    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Me => "我",
            Self::Shrug => "耸肩",
            Self::Topic => "话题",
            Self::Invite => "邀请",
            Self::Leave => "退出",
            Self::Away => "离开",
            Self::Back => "回来",
            Self::Dnd => "勿扰",
            Self::Status => "状态",
            Self::Remind => "提醒",
            Self::Later => "稍后",
            Self::Poll => "投票",
        }
    }

    fn called(word: &str) -> Option<Self> {
        let is_it =
            |slash: &Self| word.eq_ignore_ascii_case(slash.word()) || word == slash.chinese();
        Self::ALL.into_iter().find(is_it)
    }
}

/// One that is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlashCommand {
    /// Says that one does something: the text as it is to be sent.
    Say(String),
    SetTopic(String),
    /// People by their nicks.
    Invite(Vec<String>),
    Leave,
    Away,
    Back,
    DoNotDisturb,
    /// Empty: takes it away.
    SetStatus(String),
    Remind {
        when: When,
        text: String,
    },
    Later {
        when: When,
        text: String,
    },
    Poll {
        question: String,
        choices: Vec<String>,
    },
}

/// A moment, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// From now on.
    In { minutes: u32 },
    /// At this time of the person's own day: today where that is still to come, else tomorrow.
    At { minute_of_day: u16 },
    /// Tomorrow, at nine where nothing else is said.
    Tomorrow { minute_of_day: u16 },
}

/// What a typed text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// To be said as it is here.
    Text(String),
    Command(SlashCommand),
    /// Known, but something is missing or not understood.
    Incomplete(Slash),
    /// Nothing is called so.
    Unknown(String),
}

const NINE: u16 = 9 * 60;
/// A year and a day is as far ahead as anything may be.
const MINUTES_MOST: u32 = 366 * 24 * 60;

/// Reads what was typed.
pub fn read(text: &str) -> Typed {
    if let Some(text) = as_text(text) {
        return Typed::Text(text);
    }
    let typed = text.trim_start().trim_start_matches('/');
    let word = typed.split(char::is_whitespace).next().unwrap_or_default();
    let Some(slash) = Slash::called(word) else { return Typed::Unknown(word.to_owned()) };
    let rest = typed[word.len()..].trim();
    complete(slash, rest).map_or(Typed::Incomplete(slash), Typed::Command)
}

/// What is to be said; nothing, where the text begins as a command does.
pub fn as_text(text: &str) -> Option<String> {
    let as_it_is = || Some(text.to_owned());
    let Some(typed) = text.trim_start().strip_prefix('/') else { return as_it_is() };
    if typed.starts_with('/') {
        return Some(typed.to_owned());
    }
    let word = typed.split(char::is_whitespace).next().unwrap_or_default();
    let is_name = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_');
    if word.is_empty() || !word.chars().all(is_name) { as_it_is() } else { None }
}

fn complete(slash: Slash, rest: &str) -> Option<SlashCommand> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Some(match slash {
        Slash::Me => SlashCommand::Say(format!("_{}_", some(rest)?)),
        Slash::Shrug => SlashCommand::Say(format!("{rest} ¯\\\\\\_(ツ)\\_/¯").trim().to_owned()),
        Slash::Topic => SlashCommand::SetTopic(rest.to_owned()),
        Slash::Invite => {
            let nicks = rest.split([' ', ',', '，', '、', '\n']);
            let nicks = nicks.filter_map(|nick| some(nick.trim_start_matches('@')));
            let nicks: Vec<String> = nicks.collect();
            if nicks.is_empty() {
                return None;
            }
            SlashCommand::Invite(nicks)
        }
        Slash::Leave => SlashCommand::Leave,
        Slash::Away => SlashCommand::Away,
        Slash::Back => SlashCommand::Back,
        Slash::Dnd => SlashCommand::DoNotDisturb,
        Slash::Status => SlashCommand::SetStatus(rest.to_owned()),
        Slash::Remind => {
            let (when, text) = timed(rest)?;
            SlashCommand::Remind { when, text }
        }
        Slash::Later => {
            let (when, text) = timed(rest).filter(|(_, text)| !text.is_empty())?;
            SlashCommand::Later { when, text }
        }
        Slash::Poll => poll(rest)?,
    })
}

/// `me in 20 minutes call Wen`, `me to call Wen tomorrow at 9`, `20分钟后 打电话`.
fn timed(rest: &str) -> Option<(When, String)> {
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    if words.first().is_some_and(|word| word.eq_ignore_ascii_case("me") || *word == "我") {
        words.remove(0);
    }
    let text = |words: &[&str]| {
        let is_filler = |word: &&str| ["to", "that"].contains(word);
        let words = if words.first().is_some_and(is_filler) { &words[1..] } else { words };
        words.join(" ")
    };
    if let Some((when, used)) = when(&words) {
        return Some((when, text(&words[used..])));
    }
    // The moment at the end.
    let ends = (1..words.len()).find_map(|at| {
        let (when, used) = when(&words[at..])?;
        (at + used == words.len()).then_some((at, when))
    });
    let (at, when) = ends?;
    Some((when, text(&words[..at])))
}

/// A moment at the beginning of the words, and how many of them say it.
fn when(words: &[&str]) -> Option<(When, usize)> {
    let word = |at: usize| words.get(at).map(|word| word.to_lowercase());
    let first = word(0)?;
    match first.as_str() {
        "in" => {
            let (when, used) = period(&words[1..])?;
            Some((when, used + 1))
        }
        "at" => Some((When::At { minute_of_day: time(&word(1)?)? }, 2)),
        "tomorrow" => {
            let at = word(1).is_some_and(|word| word == "at");
            let skip = usize::from(at);
            Some(match word(1 + skip).and_then(|word| time(&word)) {
                Some(minute_of_day) => (When::Tomorrow { minute_of_day }, 2 + skip),
                None => (When::Tomorrow { minute_of_day: NINE }, 1),
            })
        }
        _ => {
            if let Some(rest) = first.strip_prefix("明天") {
                let minute_of_day = if rest.is_empty() { NINE } else { time(rest)? };
                return Some((When::Tomorrow { minute_of_day }, 1));
            }
            if let Some(period) = first.strip_suffix('后').and_then(chinese_period) {
                return Some((period, 1));
            }
            if let Some((number, unit)) = number_and_unit(&first) {
                return Some((minutes(number, unit)?, 1));
            }
            let says_time = first.contains([':', '：', '点']);
            let minute_of_day = says_time.then(|| time(&first)).flatten()?;
            Some((When::At { minute_of_day }, 1))
        }
    }
}

/// `20 minutes`, `2h`, `an hour`.
fn period(words: &[&str]) -> Option<(When, usize)> {
    let first = words.first()?.to_lowercase();
    if let Some((number, unit)) = number_and_unit(&first) {
        return Some((minutes(number, unit)?, 1));
    }
    let number = match first.as_str() {
        "a" | "an" => 1,
        digits => digits.parse().ok()?,
    };
    Some((minutes(number, &words.get(1)?.to_lowercase())?, 2))
}

/// `20m`: digits and, at once, letters.
fn number_and_unit(word: &str) -> Option<(u32, &str)> {
    let end = word.find(|char: char| !char.is_ascii_digit())?;
    let (number, unit) = word.split_at(end);
    minutes(1, unit)?;
    Some((number.parse().ok()?, unit))
}

fn minutes(number: u32, unit: &str) -> Option<When> {
    let each = match unit {
        "m" | "min" | "mins" | "minute" | "minutes" | "分钟" => 1,
        "h" | "hour" | "hours" | "小时" | "个小时" => 60,
        "d" | "day" | "days" | "天" => 24 * 60,
        "w" | "week" | "weeks" | "周" => 7 * 24 * 60,
        _ => return None,
    };
    let minutes = number.checked_mul(each)?;
    (1..=MINUTES_MOST).contains(&minutes).then_some(When::In { minutes })
}

/// `20分钟`, `半小时`.
fn chinese_period(text: &str) -> Option<When> {
    if matches!(text, "半小时" | "半个小时") {
        return Some(When::In { minutes: 30 });
    }
    let end = text.find(|char: char| !char.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    minutes(number.parse().ok()?, unit)
}

/// `15:30`, `9`, `9pm`, `9点`, `9点半`, `9点30分`: minutes since midnight.
fn time(text: &str) -> Option<u16> {
    let (text, shift) = if let Some(text) = text.strip_suffix("pm") {
        (text, 12)
    } else {
        (text.strip_suffix("am").unwrap_or(text), 0)
    };
    let (text, shift) = text.strip_prefix("下午").map_or((text, shift), |text| (text, 12));
    let text = text.strip_prefix("上午").unwrap_or(text).trim_end_matches('分');
    let (hours, minutes) = text.split_once([':', '：', '点']).unwrap_or((text, ""));
    let hours: u16 = hours.parse().ok()?;
    let minutes: u16 = match minutes {
        "" => 0,
        "半" => 30,
        digits => digits.parse().ok()?,
    };
    let hours = match (hours, shift) {
        (12, 12) => 12,
        (hours @ 0..12, shift) => hours + shift,
        (hours, _) => hours,
    };
    // Multiplied once it is known to be small.
    (hours < 24 && minutes < 60).then(|| hours * 60 + minutes)
}

/// `Which day? | Monday | Friday`, `"Which day?" "Monday" "Friday"`, or one on each line.
fn poll(rest: &str) -> Option<SlashCommand> {
    let parts: Vec<&str> = if rest.contains(['|', '｜']) {
        rest.split(['|', '｜']).collect()
    } else if rest.starts_with(['"', '“']) {
        rest.split(['"', '“', '”']).collect()
    } else {
        rest.lines().map(|line| line.trim_start_matches(['-', '*', ' '])).collect()
    };
    let mut parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    let question = parts.next()?.to_owned();
    let choices: Vec<String> = parts.map(str::to_owned).collect();
    (choices.len() >= 2).then_some(SlashCommand::Poll { question, choices })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remind(when: When, text: &str) -> Typed {
        Typed::Command(SlashCommand::Remind { when, text: text.to_owned() })
    }

    #[test]
    fn what_begins_otherwise_or_is_a_path_or_escaped_is_text() {
        for text in ["hello", "/", "/ me", "/usr/bin/env", "a /me b", "/*", "/me/too", ""] {
            assert_eq!(read(text), Typed::Text(text.to_owned()), "{text}");
        }
        assert_eq!(read("//me waves"), Typed::Text("/me waves".to_owned()));
        assert_eq!(read("/mee waves"), Typed::Unknown("mee".to_owned()));
        assert_eq!(read("/me"), Typed::Incomplete(Slash::Me));
    }

    #[test]
    fn every_command_is_read_by_its_english_and_its_chinese_word() {
        let words = "in 5 minutes | a | b";
        for slash in Slash::ALL {
            for word in [slash.word().to_uppercase(), slash.chinese().to_owned()] {
                let typed = read(&format!("/{word} {words}"));
                assert!(matches!(typed, Typed::Command(_)), "{word}: {typed:?}");
            }
        }
    }

    #[test]
    fn words_are_said_done_or_asked() {
        let command = |text: &str| match read(text) {
            Typed::Command(command) => command,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(command("/me waves"), SlashCommand::Say("_waves_".into()));
        assert_eq!(command("/shrug well"), SlashCommand::Say("well ¯\\\\\\_(ツ)\\_/¯".into()));
        assert_eq!(command("/topic"), SlashCommand::SetTopic(String::new()));
        assert_eq!(command("/status On the train"), SlashCommand::SetStatus("On the train".into()));
        let nicks = ["wen", "noor"].map(str::to_owned).to_vec();
        assert_eq!(command("/invite @wen, noor"), SlashCommand::Invite(nicks));
        assert_eq!(command("/leave"), SlashCommand::Leave);
        let (when, text) = (When::Tomorrow { minute_of_day: NINE }, "Good morning".to_owned());
        assert_eq!(command("/later tomorrow Good morning"), SlashCommand::Later { when, text });
        assert_eq!(read("/later tomorrow"), Typed::Incomplete(Slash::Later));
        for text in [
            "/poll Which day? | Monday | Friday",
            "/poll \"Which day?\" \"Monday\" \"Friday\"",
            "/poll Which day?\n- Monday\n- Friday",
        ] {
            let choices = ["Monday", "Friday"].map(str::to_owned).to_vec();
            let question = "Which day?".to_owned();
            assert_eq!(command(text), SlashCommand::Poll { question, choices }, "{text}");
        }
        assert_eq!(read("/poll Which day? | Monday"), Typed::Incomplete(Slash::Poll));
    }

    #[test]
    fn a_moment_is_read_at_either_end() {
        let twenty = When::In { minutes: 20 };
        for text in [
            "/remind me in 20 minutes call Wen",
            "/remind me in 20 min to call Wen",
            "/remind 20m call Wen",
            "/remind me to call Wen in 20 minutes",
            "/提醒 我 20分钟后 call Wen",
        ] {
            assert_eq!(read(text), remind(twenty, "call Wen"), "{text}");
        }
        for (text, when) in [
            ("in an hour", When::In { minutes: 60 }),
            ("2h", When::In { minutes: 120 }),
            ("in 3 days", When::In { minutes: 3 * 24 * 60 }),
            ("半小时后", When::In { minutes: 30 }),
            ("at 15:30", When::At { minute_of_day: 15 * 60 + 30 }),
            ("at 9pm", When::At { minute_of_day: 21 * 60 }),
            ("9:05", When::At { minute_of_day: 9 * 60 + 5 }),
            ("下午3点半", When::At { minute_of_day: 15 * 60 + 30 }),
            ("tomorrow", When::Tomorrow { minute_of_day: NINE }),
            ("tomorrow at 8:15", When::Tomorrow { minute_of_day: 8 * 60 + 15 }),
            ("明天10点", When::Tomorrow { minute_of_day: 600 }),
        ] {
            assert_eq!(read(&format!("/remind me {text} tea")), remind(when, "tea"), "{text}");
            assert_eq!(read(&format!("/remind me tea {text}")), remind(when, "tea"), "{text}");
        }
        for text in ["/remind", "/remind me tea", "/remind me in tea", "/remind at 25:00 tea"] {
            assert_eq!(read(text), Typed::Incomplete(Slash::Remind), "{text}");
        }
        let far = "/remind me in 99999999 weeks tea";
        assert_eq!(read(far), Typed::Incomplete(Slash::Remind));
    }
}
