const SENTENCES: Readonly<Record<string, string>> = {
  body_not_json: '发送的内容不是 JSON',
  body_too_large: '发送的内容太大。请减少内容，或分几次发送',
  body_too_deep: '发送的内容嵌套太深',
  message_changed: '这条消息的编号已经用于另一条消息。请作为新消息发送',
  key_missing: '没有登录，或登录已失效',
  code_wrong: '用户名或口令不正确',
  too_many_tries: '尝试次数过多。请稍后再试',
  host_refused: '这个主机名不属于此 Core。请把它加入 config/core.yml 的 allowed_hosts',
  origin_refused: '此页面不可以使用这个 Core',
  sender_unknown: '这里不认识这位发送者。请让主人把它加入 config/user.yml',
  sender_not_permitted: '这位用户不可以通过此渠道发送。主人可以在 config/user.yml 中修改 permissions',
  companion_unknown: 'config/core.yml 中没有这位好友',
  plugin_unknown: '没有这个插件',
  plugin_offline: '插件没有运行',
  internal: '内部错误。详情见 Core 的日志',
  stopping: 'Core 正在停止。请稍后再发送',
  cancelled: '在回答之前已停止',
  interrupted: 'Core 在回答之前停止了。请再发送一次',
}
/** Behind these stands the reason, as Core says it. */
const BEFORE_A_REASON: Readonly<Record<string, string>> = {
  message_invalid: '这条消息无效',
  body_invalid: '发送的内容无效',
  job_invalid: '这项提醒无效',
  not_allowed: '不允许这样做',
  grant_missing: '这个插件没有此项权限',
  budget_spent: '这个插件今天的语言模型用量已用完',
  nudge_refused: '这位好友现在不可以主动发消息',
  not_found: '没有找到',
  conflict: '与现有内容冲突',
  plugin_failed: '插件无法回答',
  plugin_refused: '插件不接受这个内容',
  plugin_answer: '插件的回答不符合约定',
  model_failed: '语言模型没有回答。你的消息已保存，请稍后再发送',
  storage_failed: '没有保存。请腾出空间或检查磁盘，然后再发送',
  config_invalid: '配置无效',
}

/** What Core says of a problem is English: here it is by its code. */
export function problem(code = '', said: string): string {
  const before = BEFORE_A_REASON[code]
  return SENTENCES[code] ?? (before === undefined ? said : `${before}（${said}）`)
}
