import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeUsers } from './users-text.ts'
import { readYaml } from './yaml.ts'

const FILE = `# the household

users:   # in order of age
  # the owner
  - id: me
    name: "Me"   # quoted on purpose
    email:
      - me@work.org   # work
      - me@home.org   # home
      - me@club.org


  - id:   maya
    im: [ 'telegram:1',  "signal:2" ]   # two spaces
    name: Maya
    phone:
    # a note about Maya

# the end
`
const usersOf = (text: string) =>
  (readYaml({ file: '', text, textOnly: true }).document.toJS() as { users?: unknown[] } | null)?.users ?? []

/** Lines of `before` that are not in `after`, and the other way round. */
const difference = (before: string, after: string) => {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return { gone: old.filter((line) => !now.includes(line)), come: now.filter((line) => !old.includes(line)) }
}

describe('an edit of user.yml keeps every line that it does not touch', () => {
  test('adding a user', () => {
    const after = changeUsers(FILE, {
      add: { id: 'bo', name: 'Bo: "B"', phone: ['+49 170'], im: ['a:b, c'] },
    })
    const lines = ['  - id: bo', `    name: 'Bo: "B"'`, '    phone: [+49 170]', '    im: ["a:b, c"]']
    expect(difference(FILE, after)).toEqual({ gone: [], come: lines })
    expect(after.indexOf('- id: bo')).toBeGreaterThan(after.indexOf('# a note about Maya'))
    expect(after.indexOf('- id: bo')).toBeLessThan(after.indexOf('\n# the end'))
  })

  test('removing a user', () => {
    expect(changeUsers(FILE, { at: 1, remove: true })).toBe(
      FILE.slice(0, FILE.indexOf('  - id:   maya')) + FILE.slice(FILE.indexOf('\n# the end')),
    )
    expect(difference(FILE, changeUsers(FILE, { at: 0, remove: true })).gone).toHaveLength(6)
  })

  test('a word', () => {
    expect(changeUsers(FILE, { at: 0, set: { name: 'You' } })).toBe(
      FILE.replace('"Me"   # quoted', 'You   # quoted'),
    )
  })

  test('a list in lines: what stays keeps its comment', () => {
    const after = changeUsers(FILE, { at: 0, set: { email: ['me@work.org', 'me@club.org', 'x@y'] } })
    expect(after).toBe(
      FILE.replace('      - me@home.org   # home\n', '').replace('@club.org\n', '@club.org\n      - x@y\n'),
    )
    const cut = changeUsers(FILE, { at: 0, set: { email: ['me@work.org', 'x@y'] } })
    expect(difference(FILE, cut)).toEqual({
      gone: ['      - me@home.org   # home', '      - me@club.org'],
      come: ['      - x@y'],
    })
    expect(difference(FILE, changeUsers(FILE, { at: 0, set: { email: [] } })).come).toEqual(['    email: []'])
  })

  test('a list in brackets, an empty key, a key that was not there', () => {
    const set = { im: ['telegram:1'], phone: ['+49170'], permissions: ['IM'] }
    expect(difference(FILE, changeUsers(FILE, { at: 1, set }))).toEqual({
      gone: [`    im: [ 'telegram:1',  "signal:2" ]   # two spaces`, '    phone:'],
      come: ['    im: [telegram:1]   # two spaces', '    phone: ["+49170"]', '    permissions: [IM]'],
    })
  })

  test('line ends of Windows, and a last line without an end', () => {
    const crlf = FILE.replaceAll('\n', '\r\n')
    const after = changeUsers(crlf, { at: 0, set: { name: 'You', im: ['a:1'] } })
    expect(after.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(changeUsers('users:\n  - name: Me', { at: 0, set: { id: 'Me' } })).toBe(
      'users:\n  - name: Me\n    id: Me\n',
    )
  })
})

test.each([
  [''],
  ['# nobody yet\n'],
  ['users:\n# nobody yet\n'],
  ['users: [] # nobody yet\n'],
  ['users: ~\n'],
  ['{}'],
  ['users: [{ id: a, name: A }]\n'],
  ['users:\n- id: a\n  name: A\n'],
  ['users:\n  - { id: a, name: A }\n'],
  ['users:\n  -\n    # first\n    id: a\n    name: |\n      A\n'],
])('every way to write the list can be edited: %j', (text) => {
  const before = usersOf(text)
  const added = changeUsers(text, { add: { id: 'b', name: 'B' } })
  expect(usersOf(added)).toEqual([...before, { id: 'b', name: 'B' }])
  expect(added.match(/#.*/)?.[0]).toBe(text.match(/#.*/)?.[0])
  const at = before.length
  const set = changeUsers(added, { at, set: { name: 'BB', im: ['x:1'] } })
  expect(usersOf(set)).toEqual([...before, { id: 'b', name: 'BB', im: ['x:1'] }])
  expect(usersOf(changeUsers(set, { at, remove: true }))).toEqual(before)
})

test.each([
  ['users: [{ id: a, name: A }, { id: b, name: B }]\n'],
  ['users:\n- id: a\n  name: A\n- id: b\n  name: B\n'],
  ['users:\n  - { id: a, name: A }\n  - { id: b, name: B }\n'],
  ['users:\n  -\n    # first\n    id: a\n    name: |\n      A\n  -\n    id: b\n    name: B\n'],
])('an entry in front of others can be edited: %j', (text) => {
  const [a, b] = [
    { id: 'a', name: 'A' },
    { id: 'b', name: 'B' },
  ]
  expect(usersOf(changeUsers(text, { at: 0, remove: true }))).toEqual([b])
  expect(usersOf(changeUsers(text, { at: 0, set: { name: 'AA' } }))).toEqual([{ ...a, name: 'AA' }, b])
})

test('whatever a word is, it is read back as it was', () => {
  const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 4 }), (name, im) => {
      const added = changeUsers(FILE, { add: { id: 'b', name, im } })
      expect(usersOf(added)[2]).toEqual({ id: 'b', name, im })
      const set = changeUsers(FILE, { at: 0, set: { name, email: im } })
      expect(usersOf(set)[0]).toEqual({ id: 'me', name, email: im })
    }),
    { numRuns: 300 },
  )
})
