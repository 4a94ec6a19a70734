//! What pages are put together from. Components draw; the state decides.

pub mod icon;
pub mod mark;
pub mod arranging;
pub mod dragging;
pub mod avatar;
pub mod field;
pub mod form;
pub mod dialog;
pub mod menu;
pub mod toast;
pub mod deed;
pub mod sign_out;
pub mod page_head;
pub mod copy_box;
pub mod choice;
pub mod excerpt;
pub mod still_message;

// The desk around every conversation.
pub mod desk;
pub mod names;
pub mod find;
pub mod options;
pub mod sidebar;
pub mod switcher;
pub mod new_room;
pub mod new_direct;
pub mod new_poll;
pub mod choose_moment;
pub mod connection_line;
pub mod notice_banner;
pub mod announcer;
pub mod keyboard;

// A conversation.
pub mod room_header;
pub mod message_list;
pub mod message;
pub mod message_text;
pub mod code_block;
pub mod code_colours;
pub mod emoji_picker;
pub mod completion;
pub mod composer;
pub mod mentions;
pub mod formatting;
pub mod poll_view;
pub mod seen_by;
pub mod slash;
pub mod panel;
pub mod members_panel;
pub mod card_page;
pub mod message_card;
pub mod pins_panel;
pub mod thread_panel;
pub mod room_settings;
