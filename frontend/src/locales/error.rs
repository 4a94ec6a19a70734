//! Refusals in words: what happened, and what the person can do.

use super::{Catalogue, Phrase, Plural};
use shared::error::ErrorCode;

#[derive(Debug)]
pub struct Errors {
    /// The request got no answer at all.
    pub no_answer: &'static str,
    pub bad_frame: &'static str,
    pub unauthorized: &'static str,
    pub wrong_credentials: &'static str,
    pub forbidden: &'static str,
    pub foreign_origin: &'static str,
    pub not_found: &'static str,
    pub too_long: Plural<1>,
    pub empty: &'static str,
    pub poll_closed: &'static str,
    pub time_invalid: &'static str,
    pub call_forbidden: &'static str,
    pub emoji_unknown: &'static str,
    pub too_many: Plural<1>,
    pub rate_limited: Plural<1>,
    pub client_message_id_conflict: &'static str,
    pub archived: &'static str,
    pub blocked: &'static str,
    pub nick_invalid: &'static str,
    pub nick_taken: &'static str,
    pub name_invalid: &'static str,
    pub password_length: &'static str,
    pub password_common: &'static str,
    pub registration_closed: &'static str,
    pub link_invalid: &'static str,
    pub last_owner: &'static str,
    pub version_unsupported: &'static str,
    pub storage_full: &'static str,
    pub unavailable: &'static str,
    pub internal: &'static str,
    /// A code for the details of a report, never alone.
    pub code: Phrase<1>,
}

impl Catalogue {
    /// A refusal as a sentence.
    pub fn refusal(&self, code: &ErrorCode) -> String {
        let texts = &self.error;
        match code {
            ErrorCode::BadFrame | ErrorCode::MethodNotAllowed => texts.bad_frame.to_owned(),
            ErrorCode::Unauthorized => texts.unauthorized.to_owned(),
            ErrorCode::WrongCredentials => texts.wrong_credentials.to_owned(),
            ErrorCode::Forbidden => texts.forbidden.to_owned(),
            ErrorCode::ForeignOrigin => texts.foreign_origin.to_owned(),
            ErrorCode::NotFound => texts.not_found.to_owned(),
            ErrorCode::TooLong { limit } => texts.too_long.count(*limit as u64),
            ErrorCode::Empty => texts.empty.to_owned(),
            ErrorCode::PollClosed => texts.poll_closed.to_owned(),
            ErrorCode::TimeInvalid => texts.time_invalid.to_owned(),
            ErrorCode::CallForbidden => texts.call_forbidden.to_owned(),
            ErrorCode::EmojiUnknown => texts.emoji_unknown.to_owned(),
            ErrorCode::TooMany { limit } => texts.too_many.count(*limit as u64),
            ErrorCode::RateLimited { retry_after_ms } => {
                texts.rate_limited.count(retry_after_ms.div_ceil(1000).max(1))
            }
            ErrorCode::ClientMessageIdConflict => texts.client_message_id_conflict.to_owned(),
            ErrorCode::Archived => texts.archived.to_owned(),
            ErrorCode::Blocked => texts.blocked.to_owned(),
            ErrorCode::NickInvalid => texts.nick_invalid.to_owned(),
            ErrorCode::NickTaken => texts.nick_taken.to_owned(),
            ErrorCode::NameInvalid => texts.name_invalid.to_owned(),
            ErrorCode::PasswordLength => texts.password_length.to_owned(),
            ErrorCode::PasswordCommon => texts.password_common.to_owned(),
            ErrorCode::RegistrationClosed => texts.registration_closed.to_owned(),
            ErrorCode::LinkInvalid => texts.link_invalid.to_owned(),
            ErrorCode::LastOwner => texts.last_owner.to_owned(),
            ErrorCode::VersionUnsupported { .. } => texts.version_unsupported.to_owned(),
            ErrorCode::StorageFull => texts.storage_full.to_owned(),
            ErrorCode::Unavailable => texts.unavailable.to_owned(),
            ErrorCode::Internal => texts.internal.to_owned(),
        }
    }
}

pub const ENGLISH: Errors = Errors {
    no_answer: "The server did not answer. Check your connection and try again.",
    bad_frame: "The server did not understand this page. Reload it and try again.",
    unauthorized: "Your session has ended. Sign in again.",
    wrong_credentials: "Nick and password do not belong together.",
    forbidden: "You may not do that here.",
    foreign_origin: "The request came from another address than this server’s. Open the page at its own address.",
    not_found: "That is no longer there.",
    too_long: Plural::one_other(
        "Too long: at most {0} character.",
        "Too long: at most {0} characters.",
    ),
    empty: "There is nothing in it yet.",
    poll_closed: "The poll is closed. What was chosen stays.",
    time_invalid: "Choose a moment that is still to come, within a year.",
    call_forbidden: "In a room this large only moderators call everybody. Take @room or @here out, or mention people.",
    emoji_unknown: "A reaction is a single emoji.",
    too_many: Plural::one_other("Too many: at most {0}.", "Too many: at most {0}."),
    rate_limited: Plural::one_other(
        "That was a little fast. Try again in {0} second.",
        "That was a little fast. Try again in {0} seconds.",
    ),
    client_message_id_conflict: "This was sent before, with other words. Send it as a new message.",
    archived: "The room is archived. It can be read, but nothing new is written there.",
    blocked: "This person does not take direct messages from you.",
    nick_invalid: "Use 2 to 32 letters and digits of one script, and “.”, “_” or “-”.",
    nick_taken: "This nick, or one that looks like it, is taken.",
    name_invalid: "There are characters in it that cannot be shown safely. Type it again without them.",
    password_length: "Use 8 to 128 characters.",
    password_common: "This is one of the passwords that are guessed first. Choose another.",
    registration_closed: "No new accounts are made here without an invitation.",
    link_invalid: "The link was used, withdrawn, or is too old. Ask for a new one.",
    last_owner: "Somebody must stay in charge. Hand that on first.",
    version_unsupported: "The server has been updated. Reload the page.",
    storage_full: "The server’s disk is full. Nothing new can be kept until its keeper makes room.",
    unavailable: "The server cannot do that just now. Try again in a moment.",
    internal: "Something went wrong on the server. Its keeper can read more in the log. Try again.",
    code: Phrase::new("Code: {0}"),
};

pub const CHINESE: Errors = Errors {
    no_answer: "服务器没有回应。请检查网络后重试。",
    bad_frame: "服务器没能理解这个页面的请求。请重新加载后再试。",
    unauthorized: "登录已过期，请重新登录。",
    wrong_credentials: "用户名与密码不匹配。",
    forbidden: "你没有权限这样做。",
    foreign_origin: "请求来自其他地址。请用服务器自己的地址打开页面。",
    not_found: "它已经不在了。",
    too_long: Plural::other("太长了，最多{0}个字符。"),
    empty: "这里还没有内容。",
    poll_closed: "投票已结束，结果保持不变。",
    time_invalid: "请选择一年之内、还没有过去的时间。",
    call_forbidden: "这个房间人较多，只有管理员可以呼叫所有人。请去掉@room或@here，或改为提及具体的人。",
    emoji_unknown: "回应只能是一个表情符号。",
    too_many: Plural::other("太多了，最多{0}个。"),
    rate_limited: Plural::other("操作有点快，请在{0}秒后重试。"),
    client_message_id_conflict: "这条消息发送过，但内容不同。请作为新消息发送。",
    archived: "房间已归档，可以阅读，但不能再发消息。",
    blocked: "对方不接收你的私信。",
    nick_invalid: "请使用2到32个同一种文字的字母或数字，也可以用“.”“_”“-”。",
    nick_taken: "这个用户名（或看起来相同的用户名）已被使用。",
    name_invalid: "其中有无法安全显示的字符，请去掉后重新输入。",
    password_length: "请使用8到128个字符。",
    password_common: "这是最容易被猜到的密码之一，请换一个。",
    registration_closed: "没有邀请不能在这里注册。",
    link_invalid: "链接已使用、被撤回或已过期，请要一个新的。",
    last_owner: "总要有人负责。请先把职责交给别人。",
    version_unsupported: "服务器已更新，请重新加载页面。",
    storage_full: "服务器磁盘已满，腾出空间之前无法保存新内容。",
    unavailable: "服务器暂时无法处理，请稍后重试。",
    internal: "服务器出了问题，管理者可以在日志里看到详情。请重试。",
    code: Phrase::new("代码：{0}"),
};

#[cfg(test)]
mod tests {
    use crate::locales::{CHINESE, ENGLISH};
    use shared::error::ErrorCode;

    #[test]
    fn a_refusal_says_how_long_to_wait_and_rounds_up() {
        let code = ErrorCode::RateLimited { retry_after_ms: 1 };
        assert_eq!(ENGLISH.refusal(&code), "That was a little fast. Try again in 1 second.");
        let code = ErrorCode::RateLimited { retry_after_ms: 2_001 };
        assert_eq!(ENGLISH.refusal(&code), "That was a little fast. Try again in 3 seconds.");
        assert_eq!(CHINESE.refusal(&code), "操作有点快，请在3秒后重试。");
    }
}
