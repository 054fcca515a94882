import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ConfigError } from './faults.ts'
import { loadConfig, parseConfig } from './load.ts'

const home = mkdtempSync(join(tmpdir(), 'homeclaw-load-'))
mkdirSync(join(home, 'config'))
afterAll(() => rmSync(home, { recursive: true }))

const CORE = 'companions: [{ id: friend, keyword: Veda }]\nplugins: { friends: {} }\n'
const parse = (core: string, users = '', env = {}) => parseConfig({ core, users }, env)

function faultsOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'no faults'
}
const faults = (core: string, users = '', env = {}) => faultsOf(() => parse(core, users, env))

const list = (...companions: string[]) =>
  `companions:\n${companions.map((one) => `  - { ${one} }\n`).join('')}plugins: { friends: {}, coach: {} }\n`
const people = (...entries: string[]) => `users:\n${entries.map((one) => `  - { ${one} }\n`).join('')}`

describe('what is valid', () => {
  test('empty files are a working configuration', () => {
    const { core, users } = parse('', '')
    expect(core).toMatchObject({
      host: '127.0.0.1',
      port: 9000,
      auth_enabled: true,
      companions: [],
      plugins: {},
    })
    expect(users).toEqual([])
    expect(parse('# nothing', 'users:\n').users).toEqual([])
  })

  test('it is deeply read-only', () => {
    const config = parse(CORE, 'users: [{ name: Me, im: [a:b] }]')
    expect(() => Object.assign(config.core.companions[0] ?? {}, { keyword: 'x' })).toThrow(TypeError)
    expect(() => Object.assign(config.users[0]?.im ?? [], ['x'])).toThrow(TypeError)
  })

  test("the seed's single companion block is a list of one", () => {
    const block = { enabled: true, plugin_id: 'friends', session_id_value: 'friend', keyword: 'Veda' }
    const { core } = parse(`companion: ${JSON.stringify(block)}\nplugins: { friends: }`)
    expect(core.companions).toEqual([{ ...block, id: 'friend', channels: [] }])
    expect(core).not.toHaveProperty('companion')
  })

  test('numbers and words of user.yml are taken as they are written; one text is a list of one', () => {
    const [user] = parse(
      '',
      'users:\n  - id: 007\n    name: true\n    phone: +4917012\n    email: ""\n',
    ).users
    expect(user).toMatchObject({ id: '007', name: 'true', phone: ['+4917012'], email: [], im: [] })
  })

  test('without an id the name is the id', () => {
    expect(parse('', 'users: [{ name: Maya Ruiz }]').users[0]?.id).toBe('Maya Ruiz')
  })

  test('a byte order mark and line ends of Windows', () => {
    expect(parse('\uFEFFport: 1\r\nhost: localhost\r\n').core).toMatchObject({ port: 1, host: 'localhost' })
  })
})

describe('the environment', () => {
  const env = { PORT: '8123', KEY: 'abc', HOST: 'm.lan', ON: 'true', EMPTY: '' }

  test('fills in ${NAME} and ${NAME:-default}, typed as the key wants it', () => {
    const text = [
      'port: ${PORT}',
      'auth_enabled: ${ON}',
      'auth_api_key: ${KEY}${NONE:-}',
      'host: ${EMPTY:-localhost}',
      'model: { name: x, base_url: "http://${HOST}:${NONE:-1234}/v1", api_key: "${KEY}" }',
    ].join('\n')
    expect(parse(text, '', env).core).toMatchObject({
      port: 8123,
      auth_enabled: true,
      auth_api_key: 'abc',
      host: 'localhost',
      model: { base_url: 'http://m.lan:1234/v1', api_key: 'abc' },
    })
  })

  test('not set, or not a place to fill in, is one fault', () => {
    expect(faults('# x\nport: ${NONE}\nauth_api_key: $KEY${KEY-x}', '', env)).toBe(
      'config/core.yml:2  port: the environment has no NONE. Set it, or write ${NONE:-} for an empty one\n' +
        'config/core.yml:3  auth_api_key: cannot be filled in. Write ${NAME} or ${NAME:-default}',
    )
  })

  test('HOMECLAW_PORT and HOMECLAW_API_KEY go before the file', () => {
    const own = { HOMECLAW_PORT: '9100', HOMECLAW_API_KEY: 'mine' }
    expect(parse('port: 1\nauth_api_key: theirs', '', own).core).toMatchObject({
      port: 9100,
      auth_api_key: 'mine',
    })
    expect(faults('', '', { HOMECLAW_PORT: '9x', HOMECLAW_API_KEY: 'a b' })).toMatch(
      /^environment {2}HOMECLAW_PORT: must be a number, not text\nenvironment {2}HOMECLAW_API_KEY: .*no spaces$/,
    )
  })

  test('a fault never shows what came from the environment', () => {
    const secret = { KEY: 'top secret' }
    const text =
      'auth_api_key: ${KEY}\nport: ${KEY}\nlog_level: ${KEY}\nmodel: { name: x, base_url: "${KEY}" }'
    expect(faults(text, '', secret)).not.toContain('secret')
  })
})

describe('faults', () => {
  test('all faults of both files come at once, each with its line', () => {
    const core = [
      'prot: 9',
      'log_level: inf',
      'model: { nam: x, base_url: nowhere }',
      'companions:',
      '  - keywrd: Veda',
      '    plugin_id: frends',
      '  - { id: a, session_id_value: 42 }',
      'plugins:',
      '  friends: { memory: own, model: "yes" }',
      '  a/b: {}',
    ].join('\n')
    const users = 'users:\n  - id: x\n    email: nope\n    permissions: [IM, EMIAL]\n  - name: Companion\n'
    expect(faults(core, users).split('\n')).toEqual([
      'config/core.yml:1  prot: unknown key. Did you mean "port"?',
      'config/core.yml:2  log_level: must be one of debug, info, warn, error, silent. Did you mean "info"?',
      'config/core.yml:3  model.name: is missing',
      'config/core.yml:3  model.base_url: must be an address (http://…)',
      'config/core.yml:3  model.nam: unknown key. Did you mean "name"?',
      'config/core.yml:5  companions.0.keywrd: unknown key. Did you mean "keyword"?',
      'config/core.yml:7  companions.1.session_id_value: must be text, not a number. Put it in quotes',
      'config/core.yml:9  plugins.friends.memory: must be a list, not text',
      'config/core.yml:9  plugins.friends.model: must be true or false or a map, not text',
      'config/core.yml:10  plugins.a/b: may hold letters, digits, _ and . only',
      'config/user.yml:2  users.0.name: is missing',
      'config/user.yml:3  users.0.email: must be an e-mail address',
      'config/user.yml:4  users.0.permissions.1: must be one of IM, EMAIL, PHONE, SMS. Did you mean "EMAIL"?',
      'config/user.yml:5  users.1.name: cannot be the id as well. Add an id',
    ])
  })

  test('a file with 50,000 of them is told about in time, and the first hundred are enough', () => {
    const keys = Array.from({ length: 50_000 }, (_, at) => `key${at}: 1`).join('\n')
    expect(faults(keys).split('\n')).toHaveLength(100)
  })

  test.each([
    ['a: 1\na: 2', 'core.yml:2  the same key stands here twice'],
    ['memory:\n\tenabled: true', 'core.yml:2  tabs cannot indent. Use spaces'],
    ['port: &p 1', 'core.yml:1  anchors (&name) are not possible here. Write it out'],
    ['# x\nport: *p', 'core.yml:2  aliases (*name) are not possible here. Write it out'],
    ['port: !!js 1', 'core.yml:1  tags (!name) are not possible here'],
    ['port: 1\n---\nport: 2', 'core.yml:2  holds several documents. Remove the lines with ---'],
    ['- port', 'core.yml:1  must be a map of keys'],
    ['hello', 'core.yml:1  must be a map of keys'],
    ['? [a]\n: 1', 'core.yml:1  a key must be a word'],
    ['__proto__: { port: 1 }', 'core.yml:1  a key must be a word'],
    ['plugins:\n  __proto__: {}', 'core.yml:2  a key must be a word'],
    [`port: ${'['.repeat(50_000)}`, 'core.yml:1  '],
    [`#${'x'.repeat(1024 * 1024)}`, 'core.yml  is larger than 1 MB'],
    ['companions: {}', 'core.yml:1  companions: must be a list, not a map'],
    ['port: 70000', 'core.yml:1  port: must be at most 65535'],
    ['model: aut', 'core.yml:1  model: must be auto, none or a map. Did you mean "auto"?'],
    ['model: []', 'core.yml:1  model: must not be empty'],
    [
      'companions: [{ id: System }]\nplugins: {friends: }',
      'core.yml:1  companions.0.id: this id is reserved',
    ],
    ...['../x.png', 'a/b.png', 'x.svg', 'x.png.html', '.png', '..png', 'x'].map((picture) => [
      `companions: [{ picture: "${picture}" }]\nplugins: {friends: }`,
      'core.yml:1  companions.0.picture: must be the name of a .png, .jpg, .jpeg or .webp file',
    ]),
  ])('%j', (core, expected) => {
    expect(faults(core)).toContain(`config/${expected}`)
  })

  test('a YAML bomb is refused before it unfolds', () => {
    const levels = Array.from(
      { length: 30 },
      (_, at) => `l${at + 1}: &l${at + 1} [*l${at}, *l${at}, *l${at}]`,
    )
    expect(faults(['l0: &l0 [x]', ...levels].join('\n'))).toContain('aliases (*name) are not possible here')
  })

  test('a missing file, and one that is not UTF-8', () => {
    writeFileSync(join(home, 'config/core.yml'), Buffer.from([0x61, 0x3a, 0xff]))
    expect(faultsOf(() => loadConfig(home, {}))).toBe(
      'config/core.yml  is not UTF-8 text\nconfig/user.yml  is missing. An empty file is enough',
    )
  })
})

describe('what does not go together', () => {
  test.each([
    [
      list('id: a', 'id: b, session_id_value: " Friend"'),
      'core.yml:3  companions.1.session_id_value: the same signal as that of companions.0',
    ],
    [
      list('id: a, keyword: Véda', 'id: b, session_id_value: b, keyword: vÉda'),
      'core.yml:3  companions.1.keyword: the same keyword as that of companions.0',
    ],
    [
      list('id: a', 'id: A, session_id_value: b'),
      'core.yml:3  companions.1.id: the same id as that of companions.0',
    ],
    [
      list('id: a, channels: [x, y]', 'id: b, session_id_value: b, channels: [Y]'),
      'core.yml:3  companions.1.channels.0: the same signal as that of companions.0',
    ],
    [
      list('id: a, channels: [b]', 'id: b, session_id_value: b'),
      'core.yml:3  companions.1.session_id_value: the same signal as that of companions.0',
    ],
    [
      list('id: a, plugin_id: frinds'),
      'core.yml:2  companions.0.plugin_id: "frinds" does not stand under plugins. Did you mean "friends"?',
    ],
    [
      'companion: {}\ncompanions: []\nplugins: {friends: }',
      'core.yml:1  companion: stands beside "companions". Move it into that list',
    ],
    ['plugins: { a-b: {}, A_b: {} }', 'core.yml:1  plugins.A_b: stands here twice, written differently'],
    [
      'auth_enabled: false\nhost: 0.0.0.0',
      'core.yml:2  host: "0.0.0.0" is beyond this machine, so callers need a key.',
    ],
    ['auth_enabled: false\nhost: 127.evil.example', 'core.yml:2  host: "127.evil.example" is beyond'],
  ])('%j', (core, expected) => {
    expect(faults(core)).toContain(`config/${expected}`)
  })

  test('companions that are off may share signal and keyword; loopback needs no key', () => {
    expect(faults(list('id: a, keyword: V', 'id: b, keyword: V, enabled: false'))).toBe('no faults')
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '"::1"']) {
      expect(faults(`auth_enabled: false\nhost: ${host}`)).toBe('no faults')
    }
  })
})

describe('people who cannot live together', () => {
  test.each([
    [people('id: a, name: A', 'id: a, name: B'), 'user.yml:3  users.1.id: the same id as that of users.0'],
    [
      people('name: A, email: x@y', 'name: B, email: [z@y, X@Y]'),
      'user.yml:3  users.1.email.1: the same identity as that of users.0',
    ],
    [
      people('name: A, im: "t:1"', 'name: B, im: [T_1]'),
      'user.yml:3  users.1.im.0: the same identity as that of users.0',
    ],
    [
      people('name: A, phone: +49 170/1', 'name: B, phone: "0049-1701"'),
      'user.yml:3  users.1.phone.0: the same identity as that of users.0',
    ],
    [
      people('name: A, im: "t:bo"', 'id: bo, name: B'),
      'user.yml:2  users.0: an identity could be taken for the user with the id "bo"',
    ],
    [
      people('name: A, keywords: { frend: Maya }'),
      'user.yml:2  users.0.keywords.frend: there is no companion "frend" in core.yml. Did you mean "friend"?',
    ],
    [
      people('name: A, keywords: { friend: veda, coach: x }'),
      'user.yml:2  users.0.keywords.coach: there is no companion "coach"',
    ],
    [people('name: system'), 'user.yml:2  users.0.name: cannot be the id as well'],
    [people('id: companion_friend, name: A'), 'user.yml:2  users.0.id: this id is reserved'],
  ])('%j', (text, expected) => {
    expect(faults(CORE, text)).toContain(`config/${expected}`)
  })

  test("a user's keyword that is another companion's, or another keyword of the same user", () => {
    const two = list(
      'id: friend, keyword: Veda',
      'id: coach, plugin_id: coach, session_id_value: c, keyword: Max',
    )
    expect(faults(two, people('name: A, keywords: { friend: max }'))).toContain(
      'users.0.keywords.friend: "max" is the keyword of the companion "coach"',
    )
    expect(faults(two, people('name: A, keywords: { friend: Bo, coach: bo }'))).toContain(
      'users.0.keywords.coach: "bo" is the keyword for "friend" already',
    )
    expect(faults(two, people('name: A, keywords: { Friend: veda }', 'name: a'))).toBe('no faults')
  })
})
