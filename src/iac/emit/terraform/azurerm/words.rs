//! The words of the tables: what each takes, what it means, what it does. Parser, documentation
//! (`tables/words.md`) and the test of the language come from this one table; it knows no file and no body.

use super::{
    draft::IdPart,
    section::{Absorbed, Apart, Arguments, Does, Line, Mark, Section},
    values,
};

/// A word of the language.
#[derive(Debug)]
pub struct Word {
    pub name: &'static str,
    pub takes: &'static [Takes],
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the test that writes the documentation"))]
    pub meaning: &'static str,
    /// A value that shows it: what was written, what the body says, what comes out.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests"))]
    pub example: Option<[&'static str; 3]>,
    pub function: Function,
}

/// An argument: of which kind, and how often.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    One(Kind),
    Some(Kind),
    /// May be left out.
    Maybe(Kind),
    /// Conditions at the end, as `if:CONDITION`.
    If,
}

/// What an argument may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `Microsoft.Network/virtualNetworks/subnets`.
    Type,
    /// The name of a part of lines.
    Part,
    Path,
    Condition,
    /// `name`, `block.name`, `block[0].name`.
    Attribute,
    /// A word that `base` knows.
    Base,
    /// `azurerm_…`.
    Resource,
    Template,
    /// Letters without a blank; `\s` stands for one.
    Letters,
    /// The name of a field of a body.
    Field,
    Number,
    /// The rest of the line.
    Sentence,
}

/// Where a word may stand, and what it does there.
#[derive(Debug, Clone, Copy)]
pub enum Function {
    /// Begins a section or a part, without an indent.
    Head(Head),
    /// A line of its own in a section.
    Section(fn(&mut Section, &Arguments)),
    /// A line that the parser takes apart itself.
    Directive(Directive),
    /// Lines that `base` puts in its place.
    Base(&'static [&'static str]),
    /// At the end of a line: `word:condition`.
    Condition(fn(&mut Line, &Arguments)),
    /// After an attribute: `word` or `word:arguments`.
    Value(Does),
    /// In place of a path: `@word`.
    Id(IdPart),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    Section,
    Part,
    Spelling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    Base,
    Use,
    Constant,
    Association,
    Import,
}

use Function::{Base, Condition, Directive as Reads, Head as Begins, Id, Section as Says, Value};
use Kind::{Attribute, Field, Letters, Number, Part, Path, Resource, Sentence, Template, Type};
use Takes::{If, Maybe, One, Some as Many};

const fn word(name: &'static str, takes: &'static [Takes], meaning: &'static str, function: Function) -> Word {
    Word { name, takes, meaning, example: None, function }
}

/// A word after an attribute, with its example.
const fn value(
    name: &'static str,
    takes: &'static [Takes],
    meaning: &'static str,
    example: [&'static str; 3],
    does: Does,
) -> Word {
    Word { name, takes, meaning, example: Some(example), function: Value(does) }
}

const fn mark(name: &'static str, takes: &'static [Takes], meaning: &'static str, mark: Mark) -> Word {
    word(name, takes, meaning, Value(Does::Mark(mark)))
}

/// All words, in the order of the documentation.
pub static WORDS: &[Word] = &[
    word(
        "azurerm_KIND",
        &[One(Type)],
        "Begins the section of this resource for this type, spelled as import ids spell it. Of several sections of one type \
         the first is taken whose `when` hold.",
        Begins(Head::Section),
    ),
    word("part", &[One(Part)], "Begins lines that sections share by `use`.", Begins(Head::Part)),
    word(
        "spell",
        &[One(Type)],
        "Only says how ids spell a type that has no section of its own.",
        Begins(Head::Spelling),
    ),
    // Lines of a section.
    word("when", &[One(Kind::Condition)], "The section is for such bodies only; all must hold.", Says(when)),
    word("base", &[Many(Kind::Base)], "The lines that most types share, by the words below.", Reads(Directive::Base)),
    word("use", &[One(Part)], "The lines of a part, at the depth where this stands.", Reads(Directive::Use)),
    word(
        "require",
        &[Many(Attribute)],
        "Without these the resource is left to azapi. What the provider's schema requires need not be named.",
        Says(require),
    ),
    word("import", &[One(Template)], "The import id, where it is not the resource's id.", Says(import)),
    word(
        "absorb",
        &[One(Type)],
        "Children that have no azurerm resource of their own are written in this one: paths reach them by `+child`.",
        Says(absorb),
    ),
    word(
        "absorb?",
        &[One(Type)],
        "The same for children that azapi can carry where this one cannot.",
        Says(absorb_or_stay),
    ),
    word("apart", &[One(Path), One(Type)], "Nested objects that are emitted as resources of this type.", Says(apart)),
    word("apart?", &[One(Path), One(Type)], "The same where azapi can carry them too.", Says(apart_or_stay)),
    word(
        "same",
        &[One(Type), One(Path)],
        "A child whose name is at the path: the body repeats it whole, so it gets no resource of its own.",
        Says(same),
    ),
    word("azapi", &[One(Sentence)], "Such bodies are left to azapi, for this reason.", Says(left)),
    word(
        "ignore-changes",
        &[Many(Attribute), If],
        "Attributes that Azure never returns: an import leaves them as they are (`ignore_changes`).",
        Says(unread),
    ),
    word(
        "ask",
        &[One(Attribute), One(Sentence)],
        "A required attribute that Azure never returns: a variable for it, with this reason; an import leaves it as it is.",
        Says(ask),
    ),
    word(
        "default",
        &[Many(Attribute)],
        "Attributes whose default the provider reads where Azure says nothing: seen in plans that changed nothing, or in its source.",
        Says(default),
    ),
    word("read-only", &[One(Path)], "Read-only, and the provider wants it all the same.", Says(told)),
    word(
        "const",
        &[One(Attribute), One(Letters)],
        "An attribute with always the same value.",
        Reads(Directive::Constant),
    ),
    word(
        "association",
        &[One(Resource), One(Path)],
        "A resource of its own for each value at the path (associations), from the lines below it; `import` among them says its id.",
        Reads(Directive::Association),
    ),
    word("import", &[One(Template)], "Below `association`: the import id of that resource.", Reads(Directive::Import)),
    // What `base` knows.
    word("name", &[], "`name` from the id.", Base(&["@name name"])),
    word("group", &[], "`resource_group_name` from the id.", Base(&["@group resource_group_name"])),
    word("location", &[], "`location`.", Base(&["location location location"])),
    word("tags", &[], "`tags`.", Base(&["tags tags"])),
    word("zones", &[], "`zones`.", Base(&["zones zones"])),
    word(
        "identity",
        &[],
        "The block `identity`.",
        Base(&[
            "identity.type identity.type identity if:!identity.type=None",
            "identity.type - None",
            "identity.userAssignedIdentities identity.identity_ids keys",
        ]),
    ),
    // Conditions.
    word(
        "if",
        &[One(Kind::Condition)],
        "The line is read only where this holds; several must all hold.",
        Condition(only_if),
    ),
    word("unless", &[Many(Kind::Condition)], "The line is not read where all of these hold.", Condition(unless)),
    word("only", &[One(Kind::Condition)], "Of the values at the path, those for which this holds.", Condition(only)),
    // Values.
    value(
        "FROM=TO",
        &[],
        "One word for another, in any case; several in a row are one change. A value without a word is refused; `*` stands for all \
         others, as TO for the value itself.",
        ["Enabled=true Disabled=false", "\"disabled\"", "false"],
        Does::Word(values::replace),
    ),
    value("not", &[], "True for false.", ["not", "true", "false"], Does::Plain(values::not)),
    value("lower", &[], "In lower case.", ["lower", "\"Ab\"", "\"ab\""], Does::Plain(values::lower)),
    value("upper", &[], "In upper case.", ["upper", "\"Ab\"", "\"AB\""], Does::Plain(values::upper)),
    value("text", &[], "A number or a switch as text.", ["text", "5", "\"5\""], Does::Plain(values::text)),
    value("number", &[], "A text as the number that it is.", ["number", "\"5\"", "5"], Does::Plain(values::number)),
    value(
        "location",
        &[],
        "A region without blanks, in lower case.",
        ["location", "\"West Europe\"", "\"westeurope\""],
        Does::Plain(values::location),
    ),
    value(
        "identity",
        &[],
        "A kind of identity as the provider spells it.",
        ["identity", "\"systemassigned,userassigned\"", "\"SystemAssigned, UserAssigned\""],
        Does::Word(values::identity),
    ),
    value("name", &[], "The last segment of an id.", ["name", "\"/a/b\"", "\"b\""], Does::Id(values::name)),
    value("json", &[], "An object as JSON in a text.", ["json", "{\"a\":1}", "{\"a\":1}"], Does::Whole(values::json)),
    value(
        "verbatim",
        &[],
        "Printed letter by letter although it looks like an id.",
        ["verbatim", "\"/A/b\"", "\"/A/b\""],
        Does::Whole(values::verbatim),
    ),
    word(
        "owner",
        &[],
        "For the id that a service gave a resource, the id of that resource.",
        Value(Does::Whole(values::owner)),
    ),
    value("first", &[], "The only item of a list; two are refused.", ["first", "[1]", "1"], Does::Whole(values::first)),
    value("list", &[], "A list of the value, where it is none.", ["list", "1", "[1]"], Does::Whole(values::list)),
    value("keys", &[], "The names of an object's fields.", ["keys", "{\"a\":1}", "[\"a\"]"], Does::Whole(values::keys)),
    value(
        "has",
        &[One(Letters)],
        "Whether a list has this word.",
        ["has:Send", "[\"Listen\",\"Send\"]", "true"],
        Does::Whole(values::has),
    ),
    value(
        "join",
        &[Maybe(Letters)],
        "A list of texts as one, with these letters between them.",
        ["join:,", "[\"a\",\"b\"]", "\"a,b\""],
        Does::Whole(values::join),
    ),
    value(
        "pairs",
        &[One(Field), One(Field)],
        "A list of objects as a map: the field that is the key, the field that is the value.",
        ["pairs:name,value", "[{\"name\":\"a\",\"value\":1}]", "{\"a\":1}"],
        Does::Whole(values::pairs),
    ),
    value(
        "skip",
        &[One(Letters)],
        "Not written where it is this word; a list where all items are.",
        ["skip:None", "\"none\"", ""],
        Does::Whole(values::skip),
    ),
    value(
        "split",
        &[One(Letters)],
        "A text as a list.",
        ["split:;", "\"a; b\"", "[\"a\",\"b\"]"],
        Does::Plain(values::split),
    ),
    value(
        "before",
        &[One(Letters)],
        "The text before these letters.",
        ["before:|", "\"NODE|20\"", "\"NODE\""],
        Does::Plain(values::before),
    ),
    value(
        "after",
        &[One(Letters)],
        "The text after these letters; one without them is refused.",
        ["after:NODE|", "\"node|20\"", "\"20\""],
        Does::Plain(values::after),
    ),
    value(
        "prefix",
        &[One(Letters)],
        "These letters and the text.",
        ["prefix:v", "\"4\"", "\"v4\""],
        Does::Plain(values::prefix),
    ),
    value(
        "suffix",
        &[One(Letters)],
        "The text and these letters.",
        ["suffix:/", "\"a\"", "\"a/\""],
        Does::Plain(values::suffix),
    ),
    value(
        "clock",
        &[],
        "Of a moment in UTC its hour and minute; one with seconds is refused.",
        ["clock", "\"2026-01-01T02:30:00Z\"", "\"02:30\""],
        Does::Plain(values::clock),
    ),
    value(
        "is",
        &[One(Letters)],
        "True for this value; any other is refused.",
        ["is:Basic", "\"Basic\"", "true"],
        Does::Plain(values::is),
    ),
    value(
        "times",
        &[One(Number)],
        "A whole number times this.",
        ["times:1024", "2", "2048"],
        Does::Plain(values::times),
    ),
    value("divide", &[One(Number)], "A number by this.", ["divide:1024", "2048", "2"], Does::Plain(values::divide)),
    word("or", &[One(Letters)], "The value where the body has none.", Value(Does::Absent(false))),
    word(
        "reads",
        &[One(Letters)],
        "What the provider reads where the body has none: written with an import, left out of a new resource.",
        Value(Does::Absent(true)),
    ),
    // How the line is treated.
    mark("with", &[One(Letters), One(Path)], "The text, these letters, and the value at another path.", Mark::With),
    mark(
        "ends",
        &[One(Letters)],
        "An id that ends in this name: where it is spelled otherwise, the resource is left to azapi.",
        Mark::Ends,
    ),
    mark("keep", &[], "Read, and left for other lines to consume.", Mark::Keep),
    mark("empty", &[], "An empty value counts as one.", Mark::Empty),
    mark("ever", &[], "Written even where it is empty: an attribute as an empty list.", Mark::Ever),
    mark("secret", &[], "A secret, or never returned: an import leaves it as it is (`ignore_changes`).", Mark::Secret),
    mark("merged", &[], "All values at the path make one block.", Mark::Merged),
    // What the id says.
    word("@name", &[], "The name; inside an absorbed child its own.", Id(IdPart::Name)),
    word("@group", &[], "The name of the resource group.", Id(IdPart::Group)),
    word("@id", &[], "The whole id, as the provider spells it.", Id(IdPart::Whole)),
    word("@self", &[], "The whole id as a reference, for an `association`.", Id(IdPart::Itself)),
    word("@parent", &[], "The id of the parent.", Id(IdPart::Parent)),
    word("@parent.name", &[], "The name of the parent.", Id(IdPart::ParentName)),
    word("@grandparent", &[], "The id of the parent's parent.", Id(IdPart::Grandparent)),
    word("@grandparent.name", &[], "The name of the parent's parent.", Id(IdPart::GrandparentName)),
    word(
        "@scope",
        &[],
        "The id of what an extension resource stands at; in a condition `resource`, `group`, `subscription` or `above`.",
        Id(IdPart::Scope),
    ),
];

fn when(section: &mut Section, given: &Arguments) {
    section.when.extend(given.guards());
}

fn require(section: &mut Section, given: &Arguments) {
    section.require.extend(given.texts());
}

fn import(section: &mut Section, given: &Arguments) {
    section.import = given.template().cloned();
}

fn absorbed(given: &Arguments, may_stay: bool) -> Absorbed {
    let kind = given.text(0);
    Absorbed { type_key: kind.to_ascii_lowercase(), name: kind.rsplit('/').next().unwrap_or_default(), may_stay }
}

fn absorb(section: &mut Section, given: &Arguments) {
    section.absorb.push(absorbed(given, false));
}

fn absorb_or_stay(section: &mut Section, given: &Arguments) {
    section.absorb.push(absorbed(given, true));
}

fn taken_out(section: &mut Section, given: &Arguments, may_stay: bool) {
    section.apart.extend(given.path().map(|path| Apart { path: path.clone(), kind: given.text(1), may_stay }));
}

fn apart(section: &mut Section, given: &Arguments) {
    taken_out(section, given, false);
}

fn apart_or_stay(section: &mut Section, given: &Arguments) {
    taken_out(section, given, true);
}

fn same(section: &mut Section, given: &Arguments) {
    section.same = given.path().map(|path| (given.text(0).to_ascii_lowercase(), path.clone()));
}

fn left(section: &mut Section, given: &Arguments) {
    section.left = Some(given.text(0));
}

fn unread(section: &mut Section, given: &Arguments) {
    let guards: Vec<_> = given.guards().collect();
    section.unread.extend(given.texts().map(|name| (name, guards.clone())));
}

fn ask(section: &mut Section, given: &Arguments) {
    section.ask.push((given.text(0), given.text(1)));
}

fn default(section: &mut Section, given: &Arguments) {
    section.defaults.extend(given.texts());
}

fn told(section: &mut Section, given: &Arguments) {
    section.told.extend(given.path().cloned());
}

fn only_if(line: &mut Line, given: &Arguments) {
    line.guards.extend(given.guards());
}

fn unless(line: &mut Line, given: &Arguments) {
    line.unless.extend(given.guards());
}

fn only(line: &mut Line, given: &Arguments) {
    line.only.extend(given.guards());
}
