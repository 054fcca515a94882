import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nthLargest } from './nth-largest.ts'

it('gives what sorting would, with equal values too', () => {
  const values = fc.float32Array({ minLength: 1, maxLength: 200, noNaN: true }).map((all) => [...all])
  const few = fc.array(fc.constantFrom(-1, 0, 1), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(fc.oneof(values, few), fc.nat(), (all, at) => {
      const place = at % all.length
      expect(nthLargest(Float32Array.from(all), place + 1) + 0).toBe(
        all.toSorted((a, b) => b - a)[place]! + 0,
      )
    }),
  )
})
