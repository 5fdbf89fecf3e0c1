"""What the public Go SDK says of ARM types: its services folder holds a package for each api-version of a service.

It is the second source of `make`: it knows types that no Python package has, and what Python's flattened models have
lost: what is required below an object that the SDK flattens away, and read-only marks of properties that are objects.
The sources are only read, never compiled."""
import collections, os, re, subprocess, json

MODULE = 'github.com/Azure/azure-sdk-for-go@v68.0.0+incompatible'
PREPARER = re.compile(r'^func \(client \w+\) (\w+)Preparer\((.*?)\) \(\*http\.Request, error\) \{\n(.*?)^\}', re.M | re.S)
STRUCT = re.compile(r'^type (\w+) struct \{\n(.*?)^\}', re.M | re.S)
FIELD = re.compile(r'^\t(?:(\w+) )?(\S+(?: \S+)*?) `json:"([^",]*)[^`]*`$')
BASE = re.compile(r'^func unmarshalBasic(\w+)\(body \[\]byte\) \(Basic\w+, error\) \{.*?^\tswitch m\["([^"]+)"\] \{\n(.*?)^\t\}', re.M | re.S)
CASE = re.compile(r'case string\((\w+)\):\n\t\tvar \w+ (\w+)')
MEMBER = re.compile(r'^\t(\w+) (\w+) = "(.*)"$', re.M)
TARGET = re.compile(r'Target: "([^"]+)", Name: validation\.Null, Rule: true')
PLAIN = {'string': 'str', 'bool': 'bool', 'int32': 'int', 'int64': 'int', 'int': 'int', 'float64': 'float', 'float32': 'float', 'interface{}': 'object',
         'date.Time': 'str', 'date.Date': 'str', 'date.TimeRFC1123': 'str', 'uuid.UUID': 'str', 'decimal.Decimal': 'float', 'byte': 'str'}


def folders():
    """The folders of the packages of all services, each with the path that `make` caches it by."""
    said = subprocess.run(['go', 'mod', 'download', '-json', MODULE], check=True, capture_output=True, cwd='/', env={**os.environ, 'GOFLAGS': '-mod=mod'})
    services = os.path.join(json.loads(said.stdout)['Dir'], 'services')
    for at, _, names in sorted(os.walk(services)):
        if 'models.go' in names and '/mgmt/' in at:
            yield at, os.path.relpath(at, services)


def read(folder):
    """(calls, classes, enumerations) of a package, as `make` has them of a Python package."""
    files = {name: open(os.path.join(folder, name), encoding='utf-8', errors='replace').read()
             for name in sorted(os.listdir(folder)) if name.endswith('.go')}
    enums, members = collections.defaultdict(list), {}
    for name, kind, value in MEMBER.findall(files.get('enums.go', '') + files['models.go']):
        enums[kind].append(value)
        members[name] = value
    classes, fields = {}, {}
    for name, body in STRUCT.findall(files['models.go']):
        classes[name], fields[name] = struct(body)
    for base, by, cases in BASE.findall(files['models.go']):
        if base in classes:
            classes[base].update(by=by, map={members[m]: c for m, c in CASE.findall(cases) if m in members and c in classes})
    calls = []
    for text in files.values():
        for operation, parameters, body in PREPARER.findall(text):
            kinds = dict(re.findall(r'(\w+) ([\w.\[\]*{}]+)', parameters))
            calls.append(call(body, kinds))
            for target in required(text, operation):
                mark(classes, fields, kinds, target)
    return [c for c in calls if c], classes, dict(enums)


def struct(body):
    entry = {'bases': [], 'fields': {}, 'value': None, 'by': None, 'map': {}, 'more': None, 'constants': {}}
    fields, comment = {}, ''
    for line in body.split('\n'):
        if line.startswith('\t//'):
            comment += line
            continue
        match = FIELD.match(line)
        if match and match[3] != '-':
            name, kind, key = match[1] or match[2].lstrip('*'), match[2], match[3]
            fields[name] = (key, kind.lstrip('*').removeprefix('Basic'))
            if not key:
                entry['more'] = ('m', text_of(kind))
            else:
                entry['fields'][key] = ([key], ('m', text_of(kind), None), 2 if re.search(r'\bREAD-ONLY\b', comment) else 0)
        comment = ''
    return entry, fields


def text_of(kind):
    """A Go type as msrest writes its own."""
    kind = kind.lstrip('*')
    if kind == '[]byte':
        return 'str'
    if kind.startswith('[]'):
        return '[' + text_of(kind[2:]) + ']'
    if kind.startswith('map[string]'):
        return '{' + text_of(kind[len('map[string]'):]) + '}'
    return PLAIN.get(kind) or kind.removeprefix('Basic')


def call(body, kinds):
    method = 'PUT' if 'autorest.AsPut()' in body else 'GET' if 'autorest.AsGet()' in body else None
    version = re.search(r'const APIVersion = "([^"]+)"', body)
    url = re.search(r'autorest\.WithPathParameters\("([^"]+)"', body)
    if not (method and version and url):
        return None
    constants = dict(re.findall(r'"(\w+)":\s+autorest\.Encode\("path", "([^"]+)"\)', body))
    path = re.sub(r'\{(\w+)\}', lambda m: constants.get(m[1], m[0]), url[1])
    sent = re.search(r'autorest\.WithJSON\((\w+)\)', body)
    kind = kinds.get(sent[1], 'interface{}') if sent else None
    return method, path, version[1], '(nothing)' if not sent else None if text_of(kind) == 'object' else text_of(kind)


def required(text, operation):
    match = re.search(r'^func \(client \w+\) ' + operation + r'\(ctx.*?^\}', text, re.M | re.S)
    return TARGET.findall(match[0]) if match else []


def mark(classes, fields, kinds, target):
    """Notes that the property that a validation names is required."""
    first, *path = target.split('.')
    at = kinds.get(first, '').lstrip('*').removeprefix('Basic')
    for step in path:
        key, kind = fields.get(at, {}).get(step, (None, None))
        if not key:
            return
        if step == path[-1] and target.count('.') == len(path):
            where, how, flags = classes[at]['fields'][key]
            classes[at]['fields'][key] = (where, how, flags | 1)
        at = kind
