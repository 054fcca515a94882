import { isDeepStrictEqual } from 'node:util'
import { Document, isMap, isScalar, isSeq, stringify } from 'yaml'
import type { Pair, YAMLMap, YAMLSeq } from 'yaml'
import {
  apply,
  colonOf,
  columnOf,
  contentEnd,
  insert,
  isNone,
  lineEnd,
  lineStart,
  pairOf,
  type Splice,
} from './splice.ts'
import { readYaml } from './yaml.ts'

/** A user's keys as they are to stand in user.yml. */
export type Entry = Readonly<Record<string, string | readonly string[]>>

/** A change of the list in user.yml; `at` counts its entries. */
export type Change =
  | { readonly add: Entry }
  | { readonly at: number; readonly set: Entry }
  | { readonly at: number; readonly remove: true }

/**
 * user.yml with one change in it. All lines that the change does not touch stay as they are, to the byte: YAML's
 * Document says where things stand, the text is changed there. Lists in `[…]` are written anew by the Document.
 */
export function changeUsers(text: string, change: Change): string {
  const wanted = expected(text, change)
  const spliced = bySplices(text, change)
  if (spliced !== undefined && isDeepStrictEqual(usersIn(spliced), wanted)) return spliced
  const rewritten = byDocument(text, change)
  if (!isDeepStrictEqual(usersIn(rewritten), wanted))
    throw new Error('the change of user.yml did not come out as meant')
  return rewritten
}

const parse = (text: string) => readYaml({ file: 'config/user.yml', text, textOnly: true })

function usersIn(text: string): unknown[] {
  const { users } = parse(text).document.toJS() ?? {}
  return Array.isArray(users) ? users : []
}

function expected(text: string, change: Change): unknown[] {
  const users = usersIn(text)
  if ('add' in change) return [...users, change.add]
  if ('remove' in change) return users.toSpliced(change.at, 1)
  return users.with(change.at, { ...(users[change.at] as object), ...change.set })
}

function byDocument(text: string, change: Change): string {
  const { document } = parse(text)
  const path = 'add' in change ? ['users'] : ['users', change.at]
  if ('add' in change) {
    if (document.get('users')) document.addIn(path, document.createNode(change.add))
    else document.set('users', document.createNode([change.add]))
  } else if ('remove' in change) document.deleteIn(path)
  else {
    for (const [key, value] of Object.entries(change.set)) {
      document.setIn([...path, key], document.createNode(value, { flow: true }))
    }
  }
  return document.toString({ lineWidth: 0 })
}

function bySplices(written: string, change: Change): string | undefined {
  const eol = written.includes('\r\n') ? '\r\n' : '\n'
  const text = written === '' || written.endsWith('\n') ? written : written + eol
  const { document } = parse(text)
  const top = document.contents
  const pair = isMap(top) ? pairOf(top, 'users') : undefined
  const page = { text, eol }
  if ('add' in change) {
    const splices = pair ? addEntry(page, pair, change.add) : addList(page, top, change.add)
    return splices && apply(text, splices)
  }
  const list = pair?.value
  if (!isSeq(list) || list.flow) return undefined
  const item = list.items[change.at]
  if (!isMap(item)) return undefined
  const splices = 'remove' in change ? [removal(page, list, change.at)] : setKeys(page, item, change.set)
  return splices && apply(text, splices)
}

interface Page {
  readonly text: string
  readonly eol: string
}

function addList({ text, eol }: Page, top: unknown, entry: Entry): Splice[] | undefined {
  if (isMap(top) && top.items.length > 0) return undefined
  return isMap(top) ? undefined : [insert(text.length, `users:${eol}${entryLines(entry, '  ', eol)}`)]
}

function addEntry(page: Page, { key, value, srcToken }: Pair, entry: Entry): Splice[] | undefined {
  const { text, eol } = page
  if (isSeq(value) && !value.flow && value.items.length > 0) {
    const last = value.items.length - 1
    const indent = ' '.repeat(columnOf(text, dashOf(value, last)))
    return [insert(endOfItem(page, value, last), entryLines(entry, indent, eol))]
  }
  const colon = colonOf(srcToken)
  const isEmpty = (isSeq(value) && value.items.length === 0) || isNone(value)
  if (!isEmpty || colon === undefined || !isScalar(key)) return undefined
  const end = Math.max(colon, value.range?.[1] ?? colon)
  return [{ from: colon, to: end, text: '' }, insert(lineEnd(text, end), entryLines(entry, '  ', eol))]
}

const entryLines = (entry: Entry, indent: string, eol: string): string =>
  Object.entries(entry)
    .map(([key, value], at) => `${indent}${at === 0 ? '-' : ' '} ${key}: ${render(value)}${eol}`)
    .join('')

const removal = (page: Page, list: YAMLSeq, at: number): Splice => ({
  from: lineStart(page.text, dashOf(list, at)),
  to: endOfItem(page, list, at),
  text: '',
})

function setKeys(page: Page, item: YAMLMap, set: Entry): Splice[] | undefined {
  const { text, eol } = page
  const [first] = item.items
  const at = isScalar(first?.key) ? first.key.range?.[0] : undefined
  const missing = Object.entries(set).filter(([key]) => !pairOf(item, key))
  if (at === undefined || (item.flow && missing.length > 0)) return undefined
  const changed = Object.entries(set).map(([key, value]) => {
    const pair = pairOf(item, key)
    return pair ? setValue(page, pair, value) : []
  })
  if (changed.includes(undefined)) return undefined
  const indent = ' '.repeat(columnOf(text, at))
  const end = lineEnd(text, contentEnd(text, item))
  const added = missing.map(([key, value]) => insert(end, `${indent}${key}: ${render(value)}${eol}`))
  return [...changed.flatMap((splices) => splices ?? []), ...added]
}

function setValue(
  page: Page,
  { value, srcToken }: Pair,
  wanted: string | readonly string[],
): Splice[] | undefined {
  const { text } = page
  const colon = colonOf(srcToken)
  if (colon === undefined) return undefined
  if (isScalar(value) && value.value === wanted) return []
  if (isNone(value)) {
    return [{ from: colon, to: Math.max(colon, value.range?.[1] ?? colon), text: ` ${render(wanted)}` }]
  }
  if (isSeq(value) && !value.flow) {
    return (
      (typeof wanted === 'string' ? undefined : setList(page, value, wanted)) ?? [
        { from: colon, to: contentEnd(text, value), text: ` ${render(wanted)}` },
      ]
    )
  }
  const from = isScalar(value) || isSeq(value) ? value.range?.[0] : undefined
  return from === undefined ? undefined : [{ from, to: contentEnd(text, value), text: render(wanted) }]
}

/** Removes what is dropped and appends what is new; undefined when the order changes or nothing stays. */
function setList(page: Page, list: YAMLSeq, wanted: readonly string[]): Splice[] | undefined {
  const { text, eol } = page
  const current = list.items.map((item) => (isScalar(item) ? item.value : undefined))
  const kept = current.filter((value) => typeof value === 'string' && wanted.includes(value))
  const last = current.lastIndexOf(kept.at(-1))
  if (kept.length === 0 || !isDeepStrictEqual(wanted.slice(0, kept.length), kept)) return undefined
  const indent = ' '.repeat(columnOf(text, dashOf(list, last)))
  const dropped = current.flatMap((value, at) => (kept.includes(value) ? [] : [removal(page, list, at)]))
  const added = wanted.slice(kept.length).map((value) => `${indent}- ${render(value)}${eol}`)
  return [insert(endOfItem(page, list, last), added.join('')), ...dropped]
}

/** A word, or a list in brackets; quoted where it could be read as something else. */
function render(value: string | readonly string[]): string {
  if (typeof value === 'string') return stringify(value, { lineWidth: 0 }).trimEnd()
  const document = new Document()
  document.contents = document.createNode(value, { flow: true })
  return document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd()
}

function dashOf(list: YAMLSeq, at: number): number {
  const token = list.srcToken && 'items' in list.srcToken ? list.srcToken.items[at] : undefined
  const dash = token?.start.find(({ type }) => type === 'seq-item-ind')
  if (!dash) throw new Error('a block list without a dash')
  return dash.offset
}

/** Behind the item's last line, and behind the comments that are indented as its content is. */
function endOfItem({ text }: Page, list: YAMLSeq, at: number): number {
  const dash = dashOf(list, at)
  const comment = new RegExp(`^ {${columnOf(text, dash) + 1},}#`)
  let end = lineEnd(text, Math.max(dash, contentEnd(text, list.items[at])))
  while (comment.test(text.slice(end, lineEnd(text, end)))) end = lineEnd(text, end)
  return end
}
