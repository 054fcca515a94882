import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { definePlugin, PluginError } from '#plugin-sdk'

const throwing = z.object({
  count: z.coerce.number().int().min(1).max(100).default(1),
  sides: z.coerce.number().int().min(2).max(1_000).default(6),
})

/** Throws dice. */
export const dice = definePlugin({
  id: 'dice',
  name: 'Dice',
  description: 'Throws dice.',
  timeout_sec: 10,
  capabilities: {
    throw: {
      name: 'Throw dice',
      description: 'Throws one die or several, of any number of sides.',
      parameters: [
        { name: 'count', type: 'integer', required: false, default: 1, description: 'How many, up to 100' },
        { name: 'sides', type: 'integer', required: false, default: 6, description: 'Sides of each' },
      ],
      run({ capability_parameters }) {
        const { success, data, error } = throwing.safeParse(capability_parameters ?? {})
        if (!success) throw new PluginError('failed', z.prettifyError(error))
        const thrown = Array.from({ length: data.count }, () => randomInt(1, data.sides + 1))
        if (data.count === 1) return `It is a ${thrown[0]}.`
        return `${thrown.join(' + ')} = ${thrown.reduce((sum, one) => sum + one)}`
      },
    },
  },
})
