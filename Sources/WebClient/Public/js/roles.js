/**
 * The words for who may read a channel, and for what somebody is to it.
 * @module
 */

/** What each access model means for a reader. @type {Record<string, {symbol: string, label: string, title: string}>} */
export const accessModels = {
  open: { symbol: "globe", label: "Open", title: "Everybody can read and follow it." },
  local: { symbol: "globe", label: "Open here", title: "Users of this server can read it; others have to ask." },
  authorize: { symbol: "lock", label: "Ask to follow", title: "Only followers can read it; the owner decides who follows." },
  whitelist: { symbol: "lock", label: "By invitation", title: "Only people whom the owner has let in can read it." },
};

/** The words for roles. @type {Record<string, string>} */
export const roleNames = {
  owner: "Owner", moderator: "Moderator", publisher: "Follower, may post", member: "Follower", outcast: "Banned",
  none: "None", pending: "Asked to follow", invited: "Invited",
};
