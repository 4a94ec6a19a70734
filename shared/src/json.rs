//! JSON as the page reads it: the text becomes a tree, the tree becomes a value.
//!
//! `serde_json` reads a text straight into a value. That is fast, and it compiles the reading of
//! text into the code of each type: a seventh of the page was that. A tree is read by a few
//! instructions a field. The server keeps to `serde_json`; what either reads, the other reads alike.

use core::fmt;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use std::borrow::Cow;

/// A text is no JSON, or means something else than what was to be read.
///
/// Nothing more: the words for what exactly is wrong would be a part of every type's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this cannot be read")
    }
}

impl core::error::Error for Unreadable {}

impl serde::de::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value.
///
/// # Errors
///
/// [`Unreadable`], whatever is wrong.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let tree: Node<'_> = parse(text)?;
    T::deserialize(Tree(&tree))
}

fn parse(text: &str) -> Result<Node<'_>, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable)
}

#[derive(Debug)]
enum Node<'de> {
    Null,
    Bool(bool),
    Whole(u64),
    Negative(i64),
    Fraction(f64),
    Text(Cow<'de, str>),
    List(Vec<Node<'de>>),
    /// A key is a [`Node::Text`]. In the order of the text, and as often as there.
    Object(Vec<(Node<'de>, Node<'de>)>),
}

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Node<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Node::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Node::Bool(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
                Ok(Node::Whole(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
                Ok(Node::Negative(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
                Ok(Node::Fraction(value))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Node::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Node::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
                let mut object = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    object.push(field);
                }
                Ok(Node::Object(object))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// What is at this place of the tree, for whoever reads it.
#[derive(Clone, Copy, Debug)]
struct Tree<'de>(&'de Node<'de>);

impl<'de> Tree<'de> {
    fn text(self) -> Result<&'de str, Unreadable> {
        if let Node::Text(text) = self.0 { Ok(text) } else { Err(Unreadable) }
    }

    fn whole(self) -> Result<u64, Unreadable> {
        if let Node::Whole(number) = self.0 { Ok(*number) } else { Err(Unreadable) }
    }

    fn signed(self) -> Result<i64, Unreadable> {
        match self.0 {
            Node::Negative(number) => Ok(*number),
            Node::Whole(number) => i64::try_from(*number).map_err(|_| Unreadable),
            _ => Err(Unreadable),
        }
    }

    fn bool(self) -> Result<bool, Unreadable> {
        if let Node::Bool(value) = self.0 { Ok(*value) } else { Err(Unreadable) }
    }

    fn list(self) -> Result<Items<'de>, Unreadable> {
        if let Node::List(list) = self.0 { Ok(Items(list.iter())) } else { Err(Unreadable) }
    }

    fn fields(self) -> Result<&'de [(Node<'de>, Node<'de>)], Unreadable> {
        if let Node::Object(fields) = self.0 { Ok(fields) } else { Err(Unreadable) }
    }

    fn object(self) -> Result<Fields<'de>, Unreadable> {
        Ok(Fields { left: self.fields()?.iter(), value: None })
    }

    /// The value of the one field with this name.
    fn field(self, name: &str) -> Result<Self, Unreadable> {
        let mut found = self.fields()?.iter().filter(|(key, _)| Tree(key).text() == Ok(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(Self(value)),
            _ => Err(Unreadable),
        }
    }
}

macro_rules! of_kind {
    ($($deserialize:ident $visit:ident $kind:ident,)*) => {
        $(
            fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
                visitor.$visit(self.$kind()?)
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Tree<'de> {
    type Error = Unreadable;

    of_kind! {
        deserialize_bool visit_bool bool,
        deserialize_u8 visit_u64 whole,
        deserialize_u16 visit_u64 whole,
        deserialize_u32 visit_u64 whole,
        deserialize_u64 visit_u64 whole,
        deserialize_i8 visit_i64 signed,
        deserialize_i16 visit_i64 signed,
        deserialize_i32 visit_i64 signed,
        deserialize_i64 visit_i64 signed,
        deserialize_char visit_borrowed_str text,
        deserialize_str visit_borrowed_str text,
        deserialize_string visit_borrowed_str text,
        deserialize_identifier visit_borrowed_str text,
        deserialize_seq visit_seq list,
        deserialize_map visit_map object,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Whole(number) => visitor.visit_u64(*number),
            Node::Negative(number) => visitor.visit_i64(*number),
            Node::Fraction(number) => visitor.visit_f64(*number),
            Node::Text(text) => visitor.visit_borrowed_str(text),
            Node::List(list) => visitor.visit_seq(Items(list.iter())),
            Node::Object(_) => visitor.visit_map(self.object()?),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// `name` may be what [`crate::tagged`] calls its enums and its pairs.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match name.strip_prefix(crate::tagged::MARK) {
            None => visitor.visit_newtype_struct(self),
            Some("") => visitor.visit_enum(Variant { name: self, content: Content::Around(self) }),
            Some(tag) => {
                let (name, content) = (self.field(tag)?, Content::Around(self));
                visitor.visit_enum(Variant { name, content })
            }
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_enum(match self.0 {
            Node::Object(fields) => match fields.as_slice() {
                [(name, content)] => {
                    Variant { name: Self(name), content: Content::Of(Self(content)) }
                }
                _ => return Err(Unreadable),
            },
            _ => Variant { name: self, content: Content::Of(Self(&Node::Null)) },
        })
    }

    forward_to_deserialize_any! { i128 u128 f32 f64 bytes byte_buf unit unit_struct }
}

#[derive(Debug)]
struct Items<'de>(core::slice::Iter<'de, Node<'de>>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Unreadable;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        self.0.next().map(|item| seed.deserialize(Tree(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

#[derive(Debug)]
struct Fields<'de> {
    left: core::slice::Iter<'de, (Node<'de>, Node<'de>)>,
    /// Of the key that was asked for last.
    value: Option<Tree<'de>>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Unreadable;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Unreadable> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = Some(Tree(value));
        seed.deserialize(Tree(key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Unreadable> {
        seed.deserialize(self.value.take().ok_or(Unreadable)?)
    }
}

/// One of an enum's variants, by its name.
#[derive(Clone, Copy, Debug)]
struct Variant<'de> {
    name: Tree<'de>,
    content: Content<'de>,
}

#[derive(Clone, Copy, Debug)]
enum Content<'de> {
    /// The value of a field that is named as the variant.
    Of(Tree<'de>),
    /// The whole object, which has its tag and may have other fields beside the variant's own.
    Around(Tree<'de>),
}

impl<'de> Content<'de> {
    const fn tree(self) -> Tree<'de> {
        match self {
            Self::Of(tree) | Self::Around(tree) => tree,
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Unreadable;
    type Variant = Content<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content<'de>), Unreadable> {
        Ok((seed.deserialize(self.name)?, self.content))
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Unreadable;

    fn unit_variant(self) -> Result<(), Unreadable> {
        match self {
            Self::Of(Tree(Node::Null)) | Self::Around(_) => Ok(()),
            Self::Of(_) => Err(Unreadable),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Unreadable> {
        seed.deserialize(self.tree())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unreadable> {
        self.tree().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        self.tree().deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Mark {
        Plain,
        Loud(u8),
    }

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Id(u64);

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct All {
        text: String,
        number: i32,
        maybe: Option<bool>,
        #[serde(default)]
        list: Vec<Mark>,
        ids: BTreeMap<String, Id>,
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let text = r#" {"text":"\u00e9\n","number":-7,"maybe":null,"later":[1.5,{"x":-0.0}],
            "list":["plain",{"loud":3}],"ids":{"\"a":18446744073709551615}} "#;
        let all = All {
            text: "é\n".to_owned(),
            number: -7,
            maybe: None,
            list: vec![Mark::Plain, Mark::Loud(3)],
            ids: BTreeMap::from([("\"a".to_owned(), Id(u64::MAX))]),
        };
        assert_eq!(read::<All>(text), Ok(all));
        assert_eq!(read::<(f64, char)>(r#"[2.5,"x"]"#), Ok((2.5, 'x')));
        assert_eq!(read::<Vec<i64>>("[9223372036854775807,-1]"), Ok(vec![i64::MAX, -1]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["", "{", "nul", "1 2", r#""a"#, "[1,]", "NaN", "\"\u{7}\""] {
            assert_eq!(read::<serde::de::IgnoredAny>(text).map(drop), Err(Unreadable), "{text}");
        }
        for text in ["-1", "256", "1.0", "\"1\"", "null", "[1]", "{}", "true"] {
            assert_eq!(read::<u8>(text), Err(Unreadable), "{text}");
        }
        for text in
            ["\"loud\"", "\"quiet\"", "{\"plain\":0}", "{\"loud\":1,\"plain\":2}", "{}", "[]", "7"]
        {
            assert_eq!(read::<Mark>(text), Err(Unreadable), "{text}");
        }
        assert_eq!(read::<i64>("9223372036854775808"), Err(Unreadable));
        assert_eq!(read::<All>(r#"["",1,null,[],{}]"#), Err(Unreadable));
    }

    #[test]
    fn nesting_without_end_is_refused_and_no_overflow() {
        for open in ["[", "{\"a\":"] {
            assert_eq!(
                read::<serde::de::IgnoredAny>(&open.repeat(100_000)).map(drop),
                Err(Unreadable)
            );
        }
    }
}
