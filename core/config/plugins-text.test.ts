import { expect, test } from 'vitest'
import { setEnabled } from './plugins-text.ts'

test.each<[string, string, string, boolean, string]>([
  ['an empty file', '', 'dice', true, 'plugins:\n  dice: { enabled: true }\n'],
  ['comments alone', '# mine', 'dice', true, '# mine\nplugins:\n  dice: { enabled: true }\n'],
  ['no plugins', 'port: 1 # one\n', 'dice', true, 'port: 1 # one\nplugins:\n  dice: { enabled: true }\n'],
  [
    'nothing behind plugins',
    'plugins: # mine\nport: 1\n',
    'a',
    false,
    'plugins: # mine\n  a: { enabled: false }\nport: 1\n',
  ],
  ['an empty map', 'plugins: {}\n', 'a', true, 'plugins:\n  a: { enabled: true }\n'],
  [
    'nothing behind its id',
    'plugins:\n  a: # mine\n',
    'a',
    false,
    'plugins:\n  a: { enabled: false } # mine\n',
  ],
  [
    'an entry in braces',
    'plugins:\n  a: { start: false } # x\n',
    'a',
    false,
    'plugins:\n  a: { enabled: false, start: false } # x\n',
  ],
  ['empty braces', 'plugins:\n  a: {}\n', 'a', false, 'plugins:\n  a: { enabled: false }\n'],
  [
    'an entry in lines',
    'plugins:\n  a: # mine\n    # keep\n    start: true # x\n\n# end\n',
    'a',
    false,
    'plugins:\n  a: # mine\n    # keep\n    enabled: false\n    start: true # x\n\n# end\n',
  ],
  [
    'a value that stands there',
    'plugins:\n    a:\n        enabled: no # x\n',
    'a',
    true,
    'plugins:\n    a:\n        enabled: true # x\n',
  ],
  [
    'an id written otherwise',
    'plugins:\n  Quote-Node: { enabled: true }\n',
    'quote_node',
    false,
    'plugins:\n  Quote-Node: { enabled: false }\n',
  ],
  [
    'others beside it',
    'plugins:\n  a:\n    model: true # x\n  # b: no\nport: 1\n',
    'c',
    true,
    'plugins:\n  a:\n    model: true # x\n  c: { enabled: true }\n  # b: no\nport: 1\n',
  ],
  ['Windows lines', 'plugins:\r\n  a:\r\n', 'b', true, 'plugins:\r\n  a:\r\n  b: { enabled: true }\r\n'],
])('of %s every other byte stays', (...[, text, id, enabled, changed]) => {
  expect(setEnabled(text, id, enabled)).toBe(changed)
  expect(setEnabled(changed, id, enabled)).toBe(changed)
})

test.each([['{"port":1,"plugins":{"a":{"start":false}}}'], ['plugins: { a: { start: false } } # mine\n']])(
  'what is written in braces is written anew: %s',
  (text) => {
    expect(JSON.stringify(setEnabled(text, 'b', true))).toContain('b')
    expect(setEnabled(text, 'a', false)).toContain('start')
    expect(setEnabled(text, 'a', false).includes('# mine')).toBe(text.includes('# mine'))
  },
)
