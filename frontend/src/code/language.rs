//! The languages that are known: what each of them is called, and what tells it from others.

use super::Kind::{Keyword, Name, Number};
use super::words::{Habit, Inside, Quotes, TRAITS, Traits};

/// How a language is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grammar {
    Words(Traits),
    Tags,
    Changes,
}

use Grammar::{Changes, Tags, Words};

const fn quotes(open: &'static str, close: &'static str, inside: Inside) -> Quotes {
    Quotes { open, close, inside }
}

const DOUBLE: Quotes = quotes("\"", "\"", Inside::Line);
const SINGLE: Quotes = quotes("'", "'", Inside::Line);
const CHARACTER: Quotes = quotes("'", "'", Inside::Character);
const DOUBLE_LINES: Quotes = quotes("\"", "\"", Inside::Lines);
const SINGLE_RAW: Quotes = quotes("'", "'", Inside::Raw);
const BACK: Quotes = quotes("`", "`", Inside::Lines);
const BACK_RAW: Quotes = quotes("`", "`", Inside::Raw);
const TRIPLE_DOUBLE: Quotes = quotes("\"\"\"", "\"\"\"", Inside::Lines);
const TRIPLE_SINGLE: Quotes = quotes("'''", "'''", Inside::Lines);

/// As in C, and so in most of them.
const SLASHES: Traits =
    Traits { remarks: &["//"], comments: &[("/*", "*/")], texts: &[DOUBLE, CHARACTER], ..TRAITS };
const HASHES: Traits = Traits { remarks: &["#"], texts: &[DOUBLE, SINGLE], ..TRAITS };

const SCRIPT: Traits = Traits {
    texts: &[DOUBLE, SINGLE, BACK],
    keywords: "abstract any as asserts async await boolean break case catch class const continue \
        debugger declare default delete do else enum export extends false finally for from function \
        get if implements import in infer instanceof interface is keyof let namespace never new null \
        number object of override private protected public readonly return satisfies set static \
        string super switch symbol this throw true try type typeof undefined unknown var void while \
        with yield",
    defining: "function class interface enum namespace type",
    signs: &[('@', Name)],
    letters: "$",
    habits: &[Habit::Patterns],
    ..SLASHES
};

const C: Traits = Traits {
    keywords: "alignas alignof auto bool break case catch char class co_await co_return co_yield \
        concept const consteval constexpr constinit const_cast continue decltype default delete do \
        double dynamic_cast else enum explicit export extern false final float for friend goto if \
        inline int long mutable namespace new noexcept nullptr operator override private protected \
        public register reinterpret_cast requires restrict return short signed sizeof static \
        static_assert static_cast struct switch template this thread_local throw true try typedef \
        typeid typename union unsigned using virtual void volatile while NULL size_t int8_t int16_t \
        int32_t int64_t uint8_t uint16_t uint32_t uint64_t",
    defining: "class struct union enum namespace",
    signs: &[('#', Keyword), ('@', Keyword)],
    habits: &[Habit::Directives],
    ..SLASHES
};

const SHELL: Traits = Traits {
    texts: &[DOUBLE_LINES, SINGLE_RAW],
    keywords: "if then elif else fi for in do done while until case esac select function return local \
        export readonly declare set unset break continue exit source trap eval exec shift true false",
    defining: "function",
    signs: &[('$', Number)],
    letters: "-./",
    habits: &[Habit::Commands],
    ..HASHES
};

const CSS: Traits = Traits {
    comments: &[("/*", "*/")],
    texts: &[DOUBLE, SINGLE],
    signs: &[('@', Keyword), ('#', Number), ('$', Name)],
    letters: "-",
    habits: &[Habit::Colons],
    ..TRAITS
};

const CONFIGURATION: Traits = Traits {
    remarks: &["#", ";"],
    texts: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
    keywords: "true false",
    letters: "-.",
    habits: &[Habit::Equals],
    ..TRAITS
};

/// By their names, with a space between them, in lower case.
pub(super) const GRAMMARS: &[(&str, Grammar)] = &[
    (
        "rust rs",
        Words(Traits {
            texts: &[
                quotes("r##\"", "\"##", Inside::Raw),
                quotes("r#\"", "\"#", Inside::Raw),
                quotes("r\"", "\"", Inside::Raw),
                DOUBLE_LINES,
                CHARACTER,
            ],
            keywords: "as async await break const continue crate dyn else enum extern false fn for if \
                impl in let loop match mod move mut pub ref return self Self static struct super trait \
                true type union unsafe use where while yield bool char str u8 u16 u32 u64 u128 usize i8 \
                i16 i32 i64 i128 isize f32 f64",
            defining: "fn struct enum trait mod type union",
            habits: &[Habit::Macros],
            ..SLASHES
        }),
    ),
    ("javascript js mjs cjs jsx typescript ts mts cts tsx node", Words(SCRIPT)),
    (
        "json json5 jsonc",
        Words(Traits {
            keywords: "true false null",
            texts: &[DOUBLE, SINGLE],
            habits: &[Habit::Colons],
            ..SLASHES
        }),
    ),
    ("c h cpp c++ cc cxx hpp hh objective-c objc m ino arduino", Words(C)),
    (
        "csharp c# cs",
        Words(Traits {
            texts: &[
                TRIPLE_DOUBLE,
                quotes("@\"", "\"", Inside::Raw),
                quotes("$@\"", "\"", Inside::Raw),
                DOUBLE,
                CHARACTER,
            ],
            keywords: "abstract as async await base bool break byte case catch char checked class const \
                continue decimal default delegate do double else enum event explicit extern false \
                finally fixed float for foreach get global goto if implicit in init int interface \
                internal is lock long nameof namespace new not null object operator out override params \
                private protected public readonly record ref return sbyte sealed set short sizeof static \
                string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using \
                value var virtual void volatile when where while with yield",
            defining: "class struct interface enum record namespace",
            signs: &[('#', Keyword)],
            habits: &[Habit::Directives],
            ..SLASHES
        }),
    ),
    (
        "java",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE, CHARACTER],
            keywords: "abstract assert boolean break byte case catch char class const continue default do \
                double else enum extends false final finally float for goto if implements import \
                instanceof int interface long native new null package permits private protected public \
                record return sealed short static strictfp super switch synchronized this throw throws \
                transient true try var void volatile when while yield",
            defining: "class interface enum record",
            signs: &[('@', Name)],
            ..SLASHES
        }),
    ),
    (
        "kotlin kt kts",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE, CHARACTER],
            keywords: "abstract actual annotation as break by catch class companion const constructor \
                continue crossinline data do else enum expect external false final finally for fun get if \
                import in infix init inline inner interface internal is lateinit noinline null object \
                open operator out override package private protected public reified return sealed set \
                super suspend tailrec this throw true try typealias val value var vararg when where while",
            defining: "fun class interface object typealias",
            signs: &[('@', Name)],
            ..SLASHES
        }),
    ),
    (
        "swift",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE],
            keywords: "actor any as associatedtype async await break case catch class continue default \
                defer deinit do else enum extension fallthrough false fileprivate final for func get guard \
                if import in indirect init inout internal is lazy let mutating nil nonisolated open \
                operator override private protocol public repeat required rethrows return self Self set \
                some static struct subscript super switch throw throws true try typealias unowned var weak \
                where while",
            defining: "func class struct enum protocol extension actor typealias",
            signs: &[('@', Name), ('#', Keyword)],
            ..SLASHES
        }),
    ),
    (
        "go golang",
        Words(Traits {
            texts: &[DOUBLE, CHARACTER, BACK_RAW],
            keywords: "any bool break byte case chan comparable complex64 complex128 const continue \
                default defer else error fallthrough false float32 float64 for func go goto if import int \
                int8 int16 int32 int64 interface iota map nil package range return rune select string \
                struct switch true type uint uint8 uint16 uint32 uint64 uintptr var",
            defining: "func type",
            ..SLASHES
        }),
    ),
    (
        "dart",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
            keywords: "abstract as assert async await base bool break case catch class const continue \
                covariant default deferred do double dynamic else enum export extends extension external \
                factory false final finally for get if implements import in int interface is late library \
                mixin new null num on operator part required rethrow return sealed set static String super \
                switch sync this throw true try typedef var void when while with yield",
            defining: "class enum extension mixin typedef",
            signs: &[('@', Name)],
            ..SLASHES
        }),
    ),
    (
        "scala sc",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE, CHARACTER],
            keywords: "abstract case catch class def do else end enum export extends extension false final \
                finally for given if implicit import infix inline lazy match new null object opaque open \
                override package private protected return sealed super then this throw trait true try type \
                using val var while with yield",
            defining: "def class object trait enum type",
            signs: &[('@', Name)],
            ..SLASHES
        }),
    ),
    (
        "zig",
        Words(Traits {
            remarks: &["//"],
            texts: &[DOUBLE, CHARACTER, quotes("\\\\", "\n", Inside::Raw)],
            keywords: "align allowzero and anyframe anytype asm async await bool break callconv catch \
                comptime const continue defer else enum errdefer error export extern f32 f64 false fn for \
                i8 i16 i32 i64 if inline isize linksection noalias null opaque or orelse packed pub resume \
                return struct suspend switch test threadlocal true try type u8 u16 u32 u64 undefined union \
                unreachable usingnamespace usize var void volatile while",
            defining: "fn",
            signs: &[('@', Name)],
            ..TRAITS
        }),
    ),
    (
        "php",
        Words(Traits {
            remarks: &["//", "#"],
            texts: &[DOUBLE_LINES, quotes("'", "'", Inside::Lines)],
            keywords: "abstract and array as bool break callable case catch class clone const continue \
                declare default do echo else elseif empty enum extends false final finally float fn for \
                foreach function global goto if implements include include_once instanceof insteadof int \
                interface isset list match mixed namespace never new null object or parent private \
                protected public readonly require require_once return self static string switch this throw \
                trait true try unset use var void while xor yield",
            defining: "function class interface trait enum namespace",
            signs: &[('$', Number)],
            habits: &[Habit::AnyCase],
            ..SLASHES
        }),
    ),
    (
        "python py pyi python3 starlark bazel bzl",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, TRIPLE_SINGLE, DOUBLE, SINGLE],
            keywords: "and as assert async await break case class continue def del elif else except False \
                finally for from global if import in is lambda match None nonlocal not or pass raise \
                return self True try type while with yield",
            defining: "def class",
            signs: &[('@', Name)],
            ..HASHES
        }),
    ),
    (
        "ruby rb",
        Words(Traits {
            comments: &[("=begin", "=end")],
            texts: &[DOUBLE_LINES, quotes("'", "'", Inside::Lines), BACK],
            keywords: "alias and begin break case class def defined? do else elsif end ensure extend false \
                for if in include module next nil not or private protected public raise redo require \
                require_relative rescue retry return self super then true undef unless until when while \
                yield",
            defining: "def class module",
            signs: &[('@', Number), ('$', Number), (':', Number)],
            letters: "?",
            ..HASHES
        }),
    ),
    (
        "elixir ex exs",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE_LINES, SINGLE],
            keywords: "after alias and case catch cond def defimpl defmacro defmodule defp defprotocol \
                defstruct do else end false fn for if import in nil not or quote raise receive require \
                rescue true try unless unquote use when with",
            defining: "def defp defmacro defmodule defprotocol",
            signs: &[('@', Number), (':', Number)],
            letters: "?!",
            ..HASHES
        }),
    ),
    (
        "perl pl",
        Words(Traits {
            texts: &[DOUBLE_LINES, quotes("'", "'", Inside::Lines)],
            keywords: "and cmp die do else elsif eq foreach for ge given gt if last le local lt my ne next \
                no not or our package print redo require return say shift sub undef unless until use when \
                while xor",
            defining: "sub package",
            signs: &[('$', Number), ('@', Number), ('%', Number)],
            ..HASHES
        }),
    ),
    (
        "r rscript",
        Words(Traits {
            keywords: "break else FALSE for function if in Inf library NA NaN next NULL repeat return TRUE \
                while",
            letters: ".",
            ..HASHES
        }),
    ),
    (
        "julia jl",
        Words(Traits {
            comments: &[("#=", "=#")],
            texts: &[TRIPLE_DOUBLE, DOUBLE_LINES, CHARACTER],
            keywords: "abstract baremodule begin break catch const continue do else elseif end export false \
                finally for function global if import in isa let local macro module mutable nothing \
                primitive quote return struct true try type using where while",
            defining: "function struct macro module",
            signs: &[('@', Name)],
            letters: "!",
            ..HASHES
        }),
    ),
    (
        "lua",
        Words(Traits {
            remarks: &["--"],
            comments: &[("--[[", "]]")],
            texts: &[quotes("[[", "]]", Inside::Raw), DOUBLE, SINGLE],
            keywords: "and break do else elseif end false for function goto if in local nil not or repeat \
                return then true until while",
            defining: "function",
            ..TRAITS
        }),
    ),
    (
        "haskell hs",
        Words(Traits {
            remarks: &["--"],
            comments: &[("{-", "-}")],
            texts: &[DOUBLE, CHARACTER],
            keywords: "case class data default deriving do else family forall foreign if import in infix \
                infixl infixr instance let mdo module newtype of qualified then type where",
            letters: "'",
            ..TRAITS
        }),
    ),
    (
        "sql mysql postgres postgresql sqlite plsql",
        Words(Traits {
            remarks: &["--"],
            comments: &[("/*", "*/")],
            texts: &[SINGLE_RAW, quotes("\"", "\"", Inside::Raw), BACK_RAW],
            keywords: "add all alter and any as asc begin between bigint blob boolean by cascade case check \
                column commit conflict constraint create cross current_timestamp database date default \
                delete desc distinct do drop else end except exists explain false foreign from full group \
                having if ilike in index inner insert int integer intersect into is join key lateral left \
                like limit materialized natural not nothing null offset on or order outer over partition \
                pragma primary recursive references replace returning right rollback row rows select set \
                table temporary text then timestamp to transaction trigger true truncate union unique \
                update using values varchar view when where window with",
            habits: &[Habit::AnyCase],
            ..TRAITS
        }),
    ),
    ("bash sh shell zsh ksh fish console shellscript", Words(SHELL)),
    (
        "powershell ps1 pwsh",
        Words(Traits {
            comments: &[("<#", "#>")],
            texts: &[DOUBLE_LINES, SINGLE_RAW],
            keywords: "begin break catch class continue do else elseif end enum exit filter finally for \
                foreach function if in param process return switch throw trap try until using while",
            defining: "function class enum",
            signs: &[('$', Number)],
            letters: "-",
            habits: &[Habit::AnyCase, Habit::Commands],
            ..HASHES
        }),
    ),
    (
        "dockerfile docker containerfile",
        Words(Traits {
            texts: &[DOUBLE_LINES, SINGLE],
            keywords: "add arg as cmd copy entrypoint env expose from healthcheck label maintainer onbuild \
                run shell stopsignal user volume workdir",
            signs: &[('$', Number)],
            letters: "-./",
            habits: &[Habit::AnyCase],
            ..HASHES
        }),
    ),
    (
        "makefile make mk",
        Words(Traits {
            keywords: "define else endef endif export ifdef ifeq ifndef ifneq include override unexport",
            signs: &[('$', Number), ('.', Keyword)],
            letters: "-",
            habits: &[Habit::Equals],
            ..HASHES
        }),
    ),
    (
        "yaml yml",
        Words(Traits {
            keywords: "true false null yes no",
            letters: "-./",
            habits: &[Habit::Colons],
            ..HASHES
        }),
    ),
    ("toml ini cfg conf properties env editorconfig desktop service", Words(CONFIGURATION)),
    (
        "nginx",
        Words(Traits {
            signs: &[('$', Number)],
            letters: "-./",
            keywords: "on off server location upstream http events if return set",
            habits: &[Habit::Commands],
            ..HASHES
        }),
    ),
    (
        "hcl terraform tf",
        Words(Traits {
            remarks: &["#", "//"],
            comments: &[("/*", "*/")],
            texts: &[DOUBLE_LINES],
            keywords: "data false for if in locals module null output provider resource terraform true \
                variable",
            letters: "-",
            habits: &[Habit::Equals],
            ..TRAITS
        }),
    ),
    (
        "nix",
        Words(Traits {
            comments: &[("/*", "*/")],
            texts: &[quotes("''", "''", Inside::Raw), DOUBLE_LINES],
            keywords: "assert else false if import in inherit let null or rec then true with",
            letters: "-'",
            habits: &[Habit::Equals],
            ..HASHES
        }),
    ),
    (
        "graphql gql",
        Words(Traits {
            texts: &[TRIPLE_DOUBLE, DOUBLE],
            keywords: "directive enum extend false fragment implements input interface mutation null on \
                query repeatable scalar schema subscription true type union",
            defining: "enum fragment input interface mutation query scalar subscription type union",
            signs: &[('@', Name), ('$', Number)],
            ..HASHES
        }),
    ),
    (
        "protobuf proto",
        Words(Traits {
            keywords: "bool bytes double enum extend false fixed32 fixed64 float import int32 int64 map \
                message oneof option optional package public repeated required reserved returns rpc \
                service stream string syntax true uint32 uint64",
            defining: "message enum service rpc",
            ..SLASHES
        }),
    ),
    (
        "clojure clj edn lisp scheme scm el",
        Words(Traits {
            remarks: &[";"],
            texts: &[DOUBLE_LINES],
            keywords: "and cond def define defmacro defn defun do else fn for if lambda let let* letrec loop \
                map nil not ns or quote recur require set! true false when",
            defining: "def defn defun defmacro define",
            signs: &[(':', Number)],
            letters: "-!?*+/<>=",
            ..TRAITS
        }),
    ),
    ("css scss sass less", Words(CSS)),
    ("html htm xhtml xml svg vue svelte xsd xsl plist", Tags),
    ("diff patch", Changes),
];
