import { definePlugin } from '#plugin-sdk'

export const plugin = definePlugin({
  id: 'typescript',
  name: 'Typescript',
  description: 'Says hello.',
  capabilities: {
    greet: {
      name: 'Greet',
      description: 'Says hello to somebody.',
      parameters: [{ name: 'who', description: 'Whom to greet', required: false }],
      run({ user_name, capability_parameters }) {
        const who = String(capability_parameters?.['who'] ?? user_name)
        return `Hello, ${who}!`
      },
    },
  },
})
