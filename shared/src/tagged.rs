//! How JSON objects that say themselves what they are (`{"type": "…", …}`) are read.
//!
//! What serde derives for such enums, and for `#[serde(flatten)]`, first copies the object into a
//! tree and then reads the tree: everything below is compiled for each of these sources anew, which
//! was a tenth of the page. Here they are asked for as a newtype with a name that only
//! [`crate::json`] knows, which has a tree already; `serde_json` takes it for any newtype, and then
//! its tag is looked up in the text ([`text`]). No other format can be read.

#[cfg(not(target_arch = "wasm32"))]
mod text;

use core::fmt;
use core::marker::PhantomData;
use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, VariantAccess as _, Visitor};

/// Declares an enum whose variants travel as objects with their name, in `snake_case`, under a tag:
///
/// None may hold another of its own kind: how deep that goes, nothing would limit.
///
/// ```ignore
/// tagged! { "type";
///     /// What one knows.
///     #[derive(Clone, Debug, PartialEq, Eq)]
///     pub enum Shape {
///         /// `{"type": "dot"}`
///         Dot,
///         /// `{"type": "circle", "radius": 3}`
///         Circle { radius: u32 },
///         /// The fields of the struct beside the tag.
///         Path(Path),
///     }
/// }
/// ```
macro_rules! tagged {
    ($tag:tt; $(#[$meta:meta])* $visible:vis enum $name:ident { $($variants:tt)* }) => {
        $(#[$meta])*
        #[derive(serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(tag = $tag, rename_all = "snake_case")]
        $visible enum $name { $($variants)* }

        const _: () = {
            type Target = $name;

            /// The same without a tag: what comes by name and content, as [`Tagged`] hands it out.
            #[derive(serde::Deserialize)]
            #[serde(remote = "Target", rename_all = "snake_case")]
            enum Named { $($variants)* }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
                where
                    D: serde::Deserializer<'de>,
                {
                    Named::deserialize($crate::tagged::Inside::new(
                        concat!("\0", $tag),
                        deserializer,
                    ))
                }
            }
        };
    };
}

/// Reads a struct that has all the fields of one of its fields among its own
/// (`#[serde(flatten)]` when written).
macro_rules! merged {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),* } and $inner:ident: $inner_type:ty) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: serde::Deserializer<'de>,
            {
                #[derive(serde::Deserialize)]
                struct Own { $($(#[$meta])* $field: $type),* }

                let (own, $inner): (Own, $inner_type) = $crate::tagged::twice(deserializer)?;
                let Own { $($field),* } = own;
                Ok(Self { $($field,)* $inner })
            }
        }
    };
}

pub(crate) use {merged, tagged};

/// Begins the names of newtypes that are none: the tag follows, or nothing where two values have
/// their fields in one object.
pub(crate) const MARK: char = '\0';

/// An enum's object, of which only the derived code of the enum is to be shown the variant.
#[derive(Debug)]
pub(crate) struct Inside<D> {
    name: &'static str,
    object: D,
}

impl<D> Inside<D> {
    /// `name` is the tag behind [`MARK`].
    pub(crate) const fn new(name: &'static str, object: D) -> Self {
        Self { name, object }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Inside<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.object.deserialize_newtype_struct(self.name, OfEnum { name: self.name, visitor })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[derive(Debug)]
#[cfg_attr(target_arch = "wasm32", expect(dead_code, reason = "the tree looks the tag up itself"))]
struct OfEnum<V> {
    name: &'static str,
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for OfEnum<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(variant)
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, object: D) -> Result<V::Value, D::Error> {
        let tag = self.name.trim_start_matches(MARK);
        let object = text::Tagged::new(tag, text::text(object)?);
        self.visitor.visit_enum(object).map_err(serde::de::Error::custom)
    }
}

/// Reads two values whose fields are in one object.
pub(crate) fn twice<'de, D, A, B>(deserializer: D) -> Result<(A, B), D::Error>
where
    D: Deserializer<'de>,
    A: Deserialize<'de>,
    B: Deserialize<'de>,
{
    deserializer.deserialize_newtype_struct("\0", Both(PhantomData))
}

struct Both<A, B>(PhantomData<(A, B)>);

impl<'de, A: Deserialize<'de>, B: Deserialize<'de>> Visitor<'de> for Both<A, B> {
    type Value = (A, B);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_enum<E: EnumAccess<'de>>(self, object: E) -> Result<Self::Value, E::Error> {
        let (first, object) = object.variant()?;
        Ok((first, object.newtype_variant()?))
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, object: D) -> Result<(A, B), D::Error> {
        let text = text::text(object)?;
        let both = || Ok((serde_json::from_str(text)?, serde_json::from_str(text)?));
        both().map_err(|error: serde_json::Error| serde::de::Error::custom(error))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    tagged! { "type";
        #[derive(Clone, Debug, PartialEq, Eq)]
        enum Shape {
            Dot,
            Circle {
                radius: u32,
                #[serde(default)]
                name: String,
            },
            Path(Path),
        }
    }

    tagged! { "kind";
        #[derive(Clone, Debug, PartialEq, Eq)]
        enum Group {
            Pair { first: Shape, second: Shape },
        }
    }

    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    struct Path {
        points: Vec<u32>,
    }

    #[derive(Debug, PartialEq, Eq, serde::Serialize)]
    struct Placed {
        at: u32,
        #[serde(flatten)]
        shape: Shape,
    }

    merged!(Placed { at: u32 } and shape: Shape);

    fn read(text: &str) -> Result<Shape, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    fn circle(radius: u32) -> Shape {
        Shape::Circle { radius, name: String::new() }
    }

    #[test]
    fn the_tag_may_stand_anywhere_and_be_written_with_escapes() {
        for text in [
            r#"{"type":"circle","radius":3}"#,
            r#"{"radius":3,"type":"circle"}"#,
            r#" { "radius" : 3 , "\u0074ype" : "cir\u0063le" } "#,
            r#"{"type":"circle","radius":3,"later":{"type":"dot"}}"#,
        ] {
            assert_eq!(read(text), Ok(circle(3)), "{text}");
        }
        assert_eq!(read(r#"{"type":"dot","radius":3}"#), Ok(Shape::Dot));
        assert_eq!(
            read(r#"{"points":[1,2],"type":"path"}"#),
            Ok(Shape::Path(Path { points: vec![1, 2] })),
        );
    }

    #[test]
    fn what_is_written_is_read_from_text_and_from_bytes() {
        let pair = Group::Pair { first: circle(1), second: Shape::Dot };
        let text = serde_json::to_string(&pair).unwrap();
        assert_eq!(serde_json::from_str::<Group>(&text).unwrap(), pair);
        for shape in [Shape::Dot, circle(2), Shape::Path(Path { points: vec![] })] {
            let text = serde_json::to_string(&shape).unwrap();
            assert_eq!(read(&text), Ok(shape.clone()), "{text}");
            assert_eq!(serde_json::from_slice::<Shape>(text.as_bytes()).unwrap(), shape);
            let placed = Placed { at: 7, shape };
            let text = serde_json::to_string(&placed).unwrap();
            assert_eq!(serde_json::from_str::<Placed>(&text).unwrap(), placed, "{text}");
            assert_eq!(serde_json::from_slice::<Placed>(text.as_bytes()).unwrap(), placed);
        }
    }

    #[test]
    fn a_tag_that_is_missing_unknown_twice_or_no_text_is_an_error() {
        for (text, said) in [
            ("{}", "missing field `type`"),
            (r#"{"type":"square"}"#, "unknown variant `square`"),
            (r#"{"type":"dot","type":"dot"}"#, "duplicate field `type`"),
            (r#"{"type":7}"#, "invalid type: integer `7`"),
            (r#"{"type":null}"#, "invalid type: null"),
            (r#""dot""#, "an object with `type`"),
            (r#"["dot"]"#, "an object with `type`"),
            ("null", "an object with `type`"),
            (r#"{"type":"dot""#, "EOF"),
            (r#"{"type":"dot"} x"#, "trailing characters"),
            ("", "EOF"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_wrong_content_is_an_error() {
        for (text, said) in [
            (r#"{"type":"circle"}"#, "missing field `radius`"),
            (r#"{"type":"circle","radius":-1}"#, "invalid value"),
            (r#"{"type":"circle","radius":1,"radius":1}"#, "duplicate field `radius`"),
            (r#"{"type":"path"}"#, "missing field `points`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        let half = r#"{"kind":"pair","first":{"type":"dot"},"second":{}}"#;
        assert!(serde_json::from_str::<Group>(half).is_err());
        for text in [r#"{"type":"dot"}"#, r#"{"at":1}"#, r#"{"at":1,"at":1,"type":"dot"}"#] {
            assert!(serde_json::from_str::<Placed>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_an_error_and_not_an_overflow() {
        let deep = format!(r#"{{"type":"circle","radius":{}"#, "[".repeat(100_000));
        assert!(read(&deep).is_err());
        let deep = format!(
            r#"{{"x":{}{},"type":"path","points":[]}}"#,
            "[".repeat(9_000),
            "]".repeat(9_000)
        );
        assert_eq!(read(&deep), Ok(Shape::Path(Path { points: vec![] })));
    }
}
