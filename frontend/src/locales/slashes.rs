//! What is typed after a slash, as the list above the box tells of it.

use shared::slash::Slash;

/// What stands beside a command in the list above the box: how it goes on, and what it does.
pub const fn english(slash: Slash) -> (&'static str, &'static str) {
    match slash {
        Slash::Me => ("waves", "Say what you do"),
        Slash::Shrug => ("", "Say ¯\\_(ツ)_/¯"),
        Slash::Topic => ("what it is about", "Set the room’s topic"),
        Slash::Invite => ("@nick", "Add people to the room"),
        Slash::Leave => ("", "Leave the room"),
        Slash::Away => ("", "Be shown as away"),
        Slash::Back => ("", "Be shown as you are again"),
        Slash::Dnd => ("", "Do not disturb"),
        Slash::Status => ("on the train", "Say it beside your name"),
        Slash::Remind => ("me in 20 minutes …", "Be reminded"),
        Slash::Later => ("tomorrow at 9 …", "Send a message later"),
        Slash::Poll => ("Question | this | that", "Ask the room to choose"),
    }
}

pub const fn chinese(slash: Slash) -> (&'static str, &'static str) {
    match slash {
        Slash::Me => ("挥挥手", "说说你在做什么"),
        Slash::Shrug => ("", "说一句¯\\_(ツ)_/¯"),
        Slash::Topic => ("本周上线的事", "设置房间主题"),
        Slash::Invite => ("@用户名", "邀请成员加入房间"),
        Slash::Leave => ("", "离开房间"),
        Slash::Away => ("", "设为离开"),
        Slash::Back => ("", "恢复为自动显示"),
        Slash::Dnd => ("", "设为勿扰"),
        Slash::Status => ("在火车上", "设置名字旁边的状态"),
        Slash::Remind => ("20分钟后 …", "到时提醒我"),
        Slash::Later => ("明天9点 …", "稍后发送消息"),
        Slash::Poll => ("问题 | 甲 | 乙", "请大家投票"),
    }
}
