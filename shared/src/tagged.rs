//! How JSON objects that say themselves what they are (`{"type": "…", …}`) are read.
//!
//! What serde derives for such enums, and for `#[serde(flatten)]`, first copies the object into a
//! tree and then reads the tree: everything below is compiled for each of these sources anew, which
//! was a tenth of the page. Here the tag is looked up in the text, and then the same text is
//! read by the one deserializer of all other types. The price: they are read from JSON text in
//! memory (`from_str`, `from_slice`) and from nothing else.

use core::fmt;
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, IntoDeserializer, MapAccess,
    VariantAccess, Visitor,
};
use serde_json::Error;
use serde_json::value::RawValue;

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
                    let text = $crate::tagged::text(deserializer)?;
                    Named::deserialize($crate::tagged::Tagged::new($tag, text))
                        .map_err(serde::de::Error::custom)
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

                let text = $crate::tagged::text(deserializer)?;
                let Own { $($field),* } =
                    serde_json::from_str(text).map_err(serde::de::Error::custom)?;
                let $inner: $inner_type =
                    serde_json::from_str(text).map_err(serde::de::Error::custom)?;
                Ok(Self { $($field,)* $inner })
            }
        }
    };
}

pub(crate) use {merged, tagged};

/// The text of the next value: well-formed, but not looked into yet.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'de str, D::Error> {
    <&RawValue as serde::Deserialize>::deserialize(deserializer).map(RawValue::get)
}

/// An object's text as an enum: the tag names the variant, the object is its content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tagged<'de> {
    tag: &'static str,
    text: &'de str,
}

impl<'de> Tagged<'de> {
    pub(crate) const fn new(tag: &'static str, text: &'de str) -> Self {
        Self { tag, text }
    }

    fn content(self) -> serde_json::Deserializer<serde_json::de::StrRead<'de>> {
        serde_json::Deserializer::from_str(self.text)
    }
}

impl<'de> Deserializer<'de> for Tagged<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Tagged<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name = self.content().deserialize_map(Tag(self.tag))?;
        let name: StringDeserializer<Error> = name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut self.content())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.content().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        // Not `deserialize_struct`: that reads arrays too, with code for each variant.
        self.content().deserialize_map(visitor)
    }
}

/// Finds the value of this key.
struct Tag(&'static str);

impl<'de> Visitor<'de> for Tag {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut found = None;
        while let Some(is_tag) = map.next_key_seed(Is(self.0))? {
            if !is_tag {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value()?).is_some() {
                return Err(A::Error::duplicate_field(self.0));
            }
        }
        found.ok_or_else(|| A::Error::missing_field(self.0))
    }
}

/// Whether a key is this one.
#[derive(Clone, Copy)]
struct Is(&'static str);

impl<'de> DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
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
