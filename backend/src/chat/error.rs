//! Why something did not happen.

pub use crate::store::StoreError;
use crate::store::WriteError;
use shared::error::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// By the rules: the caller is told this code.
    #[error("refused: {0:?}")]
    Refused(ErrorCode),
    /// The caller is told [`Error::code`]; the rest is for the log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A defect in the server.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// What crosses the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(code) => code.clone(),
            Self::Store(StoreError::Full) => ErrorCode::StorageFull,
            Self::Store(StoreError::Busy | StoreError::Closed | StoreError::Disk(_)) => {
                ErrorCode::Unavailable
            }
            Self::Store(
                StoreError::Corrupt(_) | StoreError::Damaged(_) | StoreError::Internal(_),
            )
            | Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

impl From<ErrorCode> for Error {
    fn from(code: ErrorCode) -> Self {
        Self::Refused(code)
    }
}

impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Refused(code) => Self::Refused(code),
            WriteError::Store(error) => Self::Store(error),
        }
    }
}
