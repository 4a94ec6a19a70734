//! The phone's list of conversations.

use super::Phrase;

#[derive(Debug)]
pub struct Chats {
    pub show: &'static str,
    pub everything: &'static str,
    pub unread: &'static str,
    pub for_you: &'static str,
    pub rooms: &'static str,
    pub elsewhere: &'static str,
    pub nothing_unread: &'static str,
    pub nothing_for_you: &'static str,
    pub draft: &'static str,
    pub you_said: Phrase<1>,
    pub said: Phrase<2>,
    pub asked: Phrase<1>,
    pub removed: &'static str,
    pub blocked: &'static str,
    pub nobody_spoke: &'static str,
    pub unknown: &'static str,
}

pub const ENGLISH: Chats = Chats {
    show: "What to show",
    everything: "All",
    unread: "Unread",
    for_you: "For you",
    rooms: "Rooms",
    elsewhere: "More lists",
    nothing_unread: "Everything is read.",
    nothing_for_you: "Nothing waits for you.",
    draft: "Draft:",
    you_said: Phrase::new("You: {0}"),
    said: Phrase::new("{0}: {1}"),
    asked: Phrase::new("Poll: {0}"),
    removed: "Message removed",
    blocked: "A message from somebody you blocked",
    nobody_spoke: "Nobody has spoken yet",
    unknown: "What was said last did not load.",
};

pub const CHINESE: Chats = Chats {
    show: "显示哪些",
    everything: "全部",
    unread: "未读",
    for_you: "与你有关",
    rooms: "房间",
    elsewhere: "其他列表",
    nothing_unread: "都读过了。",
    nothing_for_you: "没有等你处理的消息。",
    draft: "草稿：",
    you_said: Phrase::new("你：{0}"),
    said: Phrase::new("{0}：{1}"),
    asked: Phrase::new("投票：{0}"),
    removed: "消息已删除",
    blocked: "来自你屏蔽的人的消息",
    nobody_spoke: "还没有人说话",
    unknown: "最近的消息没有加载出来。",
};
