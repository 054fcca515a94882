import { describe, expect, test } from 'vitest'
import { capability } from '#contract'
import { checkParameters, schemaOf } from './parameters.ts'

const weather = capability.parse({
  id: 'fetch-weather',
  name: 'Get the weather',
  parameters: [
    { name: 'city', description: 'City name' },
    { name: 'days', type: 'integer', default: 3 },
    { name: 'metric', type: 'boolean', required: false },
    { name: 'hours', type: 'array', required: false },
    { name: 'when', type: 'datetime', required: false },
  ],
})

test('parameters become a JSON Schema; one with a default is not required', () => {
  expect(schemaOf(weather)).toEqual({
    type: 'object',
    properties: {
      city: { type: 'string', description: 'City name' },
      days: { type: 'integer', default: 3 },
      metric: { type: 'boolean' },
      hours: { type: 'array' },
      when: { type: 'string' },
    },
    required: ['city'],
  })
})

describe('what is given', () => {
  test.each([
    [{ city: 'Rome' }, { city: 'Rome', days: 3 }],
    [
      { city: 'Rome', days: '5', metric: 'true', other: 1 },
      { city: 'Rome', days: 5, metric: true },
    ],
    [
      { city: 8010, days: null, metric: false },
      { city: '8010', days: 3, metric: false },
    ],
    [
      { city: 'Rome', hours: [1], when: '2026-01-01', metric: '' },
      { city: 'Rome', days: 3, hours: [1], when: '2026-01-01' },
    ],
  ])('%j is called with %j', (given, values) => {
    expect(checkParameters(weather, given)).toEqual({ values, missing: [], faults: [] })
  })

  test.each([[{}], [{ city: '' }], [{ city: ' ' }], [{ city: null }]])('%j lacks the city', (given) => {
    expect(checkParameters(weather, given)).toMatchObject({ missing: [{ name: 'city' }], faults: [] })
  })

  test.each([
    [{ city: {} }, 'city: must be text'],
    [{ days: 'many' }, 'days: must be a whole number'],
    [{ days: 2.5 }, 'days: must be a whole number'],
    [{ metric: 'perhaps' }, 'metric: must be true or false'],
    [{ hours: 'all' }, 'hours: must be a list'],
  ])('%j is wrong: %s', (given, fault) => {
    expect(checkParameters(weather, { city: 'Rome', ...given }).faults).toEqual([fault])
  })

  test('names of Object are names like any other', () => {
    const odd = capability.parse({
      id: 'x',
      name: 'X',
      parameters: [{ name: '__proto__' }, { name: 'constructor' }],
    })
    expect(checkParameters(odd, {}).missing.map(({ name }) => name)).toEqual(['__proto__', 'constructor'])
    const { values } = checkParameters(odd, JSON.parse('{"__proto__":"a","constructor":"b"}'))
    expect(JSON.stringify(values)).toBe('{"__proto__":"a","constructor":"b"}')
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })
})
