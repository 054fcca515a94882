import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document, Node, Pair, ParsedNode } from 'yaml'
import { type ConfigFault, MAX_FAULTS } from './faults.ts'

export type Path = readonly PropertyKey[]

/** A file of the configuration as it was written, before anything is known about its keys. */
export interface Written {
  readonly file: string
  readonly text: string
  readonly document: Document.Parsed
  /** Maps, lists and scalars, as they stand. Undefined when the file is not readable at all. */
  readonly value: unknown
  readonly faults: readonly ConfigFault[]
  /** The line of what stands at this path; of the nearest thing around it when nothing does. */
  lineOf(path: Path): number | undefined
}

export interface Source {
  readonly file: string
  readonly text: string
  /** Everything is text: `42`, `true` and `+49…` too. */
  readonly textOnly?: boolean
}

const MAX_LENGTH = 1024 * 1024
const TEXT_ONLY = new Set(['map', 'seq', 'str', 'null'].map((name) => `tag:yaml.org,2002:${name}`))

/** Reads YAML as far as it can be read, with every fault of writing. Anchors, aliases and tags are refused. */
export function readYaml({ file, text, textOnly = false }: Source): Written {
  const lineCounter = new LineCounter()
  const readable = text.length > MAX_LENGTH ? '' : text
  const document = parseDocument(readable, {
    lineCounter,
    prettyErrors: false,
    keepSourceTokens: true,
    uniqueKeys: false,
    ...(textOnly && {
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || TEXT_ONLY.has(tag.tag)),
    }),
  })
  const lineAt = (offset: number) => lineCounter.linePos(offset).line
  const fault = (message: string, offset?: number): ConfigFault => ({
    file,
    line: offset === undefined ? undefined : lineAt(offset),
    path: '',
    message,
  })

  const faults = [
    ...(readable === text ? [] : [fault('is larger than 1 MB')]),
    ...[...document.errors, ...document.warnings].map((error) =>
      fault(MESSAGES[error.code] ?? lowerFirst(error.message), error.pos[0]),
    ),
    ...refused(document).map(([message, offset]) => fault(message, offset)),
    ...(isTop(document.contents) ? [] : [fault('must be a map of keys', document.contents?.range[0])]),
  ]
  return {
    file,
    text,
    document,
    value: faults.length > 0 ? undefined : (document.toJS() ?? {}),
    faults: faults.slice(0, MAX_FAULTS),
    lineOf(path) {
      const offset = offsetOf(document.contents, path)
      return offset === undefined ? undefined : lineAt(offset)
    },
  }
}

const MESSAGES: Record<string, string | undefined> = {
  UNEXPECTED_TOKEN: 'this is no YAML: look at the indentation, and put a text with { } [ ] or : into quotes',
  TAB_AS_INDENT: 'tabs cannot indent. Use spaces',
  MULTIPLE_DOCS: 'holds several documents. Remove the lines with ---',
  TAG_RESOLVE_FAILED: 'tags (!name) are not possible here',
}

const isTop = (node: ParsedNode | null): boolean =>
  node === null || isMap(node) || (isScalar(node) && node.value === null)

/** What YAML allows and a configuration does not need: each is a way to surprise its reader. */
function refused(document: Document.Parsed): [string, number | undefined][] {
  const found: [string, number | undefined][] = []
  visit(document, {
    Alias: (_, node) =>
      void found.push(['aliases (*name) are not possible here. Write it out', startOf(node)]),
    Node: (_, node) => {
      if (!isAlias(node) && node.anchor) {
        found.push(['anchors (&name) are not possible here. Write it out', startOf(node)])
      }
    },
    Map: (_, { items }) => {
      const keys = new Set<string>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        if (keys.has(String(key.value))) found.push(['the same key stands here twice', startOf(key)])
        keys.add(String(key.value))
      }
    },
    Pair: (_, { key }: Pair) => {
      if (!isScalar(key) || key.value === null || key.value === '__proto__') {
        found.push(['a key must be a word', startOf(key)])
      }
    },
  })
  return found
}

/** Where the key (or list entry) at this path begins; else whatever around it exists. */
function offsetOf(node: unknown, path: Path, around?: number): number | undefined {
  const [step, ...rest] = path
  if (step === undefined) return around ?? startOf(node)
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
    return pair ? offsetOf(pair.value, rest, startOf(pair.key)) : (around ?? startOf(node))
  }
  if (isSeq(node)) {
    const item = node.items[Number(step)]
    return item === undefined ? around : offsetOf(item, rest, startOf(item))
  }
  return around ?? startOf(node)
}

const startOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0]

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1)
