//! What belongs to one person and follows them to every device, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::{Live, Person, TestServer};
use shared::command::ClientCommand;
use shared::error::ErrorCode;
use shared::event::UserEvent;
use shared::frame::ServerFrame;
use shared::limit;
use shared::room::RoomKind;
use shared::sidebar::{Section, Sidebar};

impl Live {
    /// The next event of the person's own stream.
    pub(crate) async fn own(&mut self) -> UserEvent {
        self.find(|frame| match frame {
            ServerFrame::UserEvent { event, .. } => Some(event.clone()),
            _ => None,
        })
        .await
    }
}

async fn arrange(person: &Person, sidebar: &Sidebar) -> Result<(), ErrorCode> {
    person.command(ClientCommand::ArrangeSidebar { sidebar: sidebar.clone() }).await.map(drop)
}

#[tokio::test]
async fn a_list_arranged_on_one_device_is_so_on_the_others_now_and_later() {
    let server = TestServer::start().await;
    let (ines, wen) = (server.person("ines").await, server.person("wen").await);
    let (quay, kitchen) = (
        ines.create_room("Quay", RoomKind::Open).await,
        ines.create_room("Kitchen", RoomKind::Closed).await,
    );
    let (mut phone, resumed) = ines.connect().await;
    assert_eq!(resumed.user.unwrap().sidebar, Sidebar::default());
    let work = Section { name: "  Work \t at sea ".into(), rooms: vec![quay, kitchen], folded: false };
    let sidebar = Sidebar { favourites: vec![kitchen], sections: vec![work] };
    arrange(&ines, &sidebar).await.unwrap();
    let UserEvent::SidebarArranged { sidebar: told } = phone.own().await else { panic!() };
    let work = Section { name: "Work at sea".into(), rooms: vec![quay], folded: false };
    assert_eq!(told, Sidebar { favourites: vec![kitchen], sections: vec![work] });
    arrange(&ines, &told).await.unwrap();
    let (_, resumed) = ines.connect().await;
    let user = resumed.user.unwrap();
    assert_eq!((&user.sidebar, user.version), (&told, 1), "the same again is no change");
    let (_, resumed) = wen.connect().await;
    assert_eq!(resumed.user.unwrap().sidebar, Sidebar::default());

    let many = Sidebar {
        sections: vec![Section { name: "x".into(), ..Section::default() }; limit::SECTIONS + 1],
        ..Sidebar::default()
    };
    let too_many = Err(ErrorCode::TooMany { limit: limit::SECTIONS });
    assert_eq!(arrange(&ines, &many).await, too_many);
    let nameless = Sidebar { sections: vec![Section::default()], ..Sidebar::default() };
    assert_eq!(arrange(&ines, &nameless).await, Err(ErrorCode::Empty));
}
