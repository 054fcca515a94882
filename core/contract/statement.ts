/** Words that begin a question or a command in the languages people write to us most. */
const ASKS =
  /^(who|what|when|where|why|which|how|is|are|am|was|were|do|does|did|can|could|will|would|shall|should|may|might|please|tell|show|give|find|list|remind|forget|search|write|explain|translate|help|wer|was|wann|wo|warum|wie|quién|qué|cuándo|dónde|cómo|qui|que|quand|où|comment|pourquoi)\b/iu
const ASKS_EAST_ASIAN = /[吗呢么?？]\s*$|^(请|帮我|什么|谁|哪|怎么|为什么|教えて|何|いつ|どこ)/u
const SMALL_TALK =
  /^(hi|hey|hello|hola|hallo|salut|ciao|thanks?( you)?|thank you|ok(ay)?|yes|no|good (morning|night|evening|afternoon)|bye|goodbye|你好|谢谢|晚安|早安|おはよう|ありがとう)\b[^\p{L}\p{N}]*(\p{L}+[^\p{L}\p{N}]*)?$/iu

/**
 * Whether a person's words state something worth remembering, as opposed to a question, a request, a greeting or a
 * word or two. The same rule in Core and in plugins; deliberately simple: with a model, facts are drawn out instead.
 */
export function isStatement(text: string): boolean {
  const words = text.trim()
  if (words.endsWith('?') || words.endsWith('？') || words.startsWith('/')) return false
  if (SMALL_TALK.test(words) || ASKS.test(words) || ASKS_EAST_ASIAN.test(words)) return false
  const spaced = words.split(/\s+/u).length
  const dense =
    words.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0
  return spaced >= 3 || dense >= 5
}
