/**
 * Names of channels and nodes, and the addresses of their pages.
 * @module
 */

/** The node that holds a channel's posts. */
export const POSTS = "posts";

/** @param {string} name @returns {boolean} Whether it is a full channel name, `local@domain`. */
export function isChannelName(name) {
  return /^[^@/\s"&'<>:]+@[^@/\s"&'<>:]+$/u.test(name);
}

/** @param {string} name */
export function localPart(name) {
  const at = name.lastIndexOf("@");
  return at < 0 ? name : name.slice(0, at);
}

/** @param {string} name */
export function domainPart(name) {
  const at = name.lastIndexOf("@");
  return at < 0 ? "" : name.slice(at + 1);
}

/** Topic channels live, by convention, on `topics.DOMAIN`. @param {string} name */
export function isTopic(name) {
  return domainPart(name).startsWith("topics.");
}

/** The domain of users to which a name belongs: that of its server, without `topics.`. @param {string} name */
export function homeDomain(name) {
  return domainPart(name).replace(/^topics\./, "");
}

/**
 * The channel of a posts node named in one of the three ways of the API (`a@b/posts`, `/user/a@b/posts`); `null` for
 * other nodes.
 * @param {string} node
 */
export function channelOfPosts(node) {
  const match = /^(?:\/user\/)?([^/]+)\/posts$/.exec(node);
  return match ? match[1] : null;
}

/** A name as one segment of a path: everything escaped but `@`, which addresses keep readable. @param {string} name */
export function segment(name) {
  return encodeURIComponent(name).replaceAll("%40", "@");
}

/** The page of a channel. @param {string} name */
export function channelPath(name) {
  return `/${segment(name)}`;
}

/** The page of a channel, at one of its posts. @param {string} channel @param {string} id */
export function postPath(channel, id) {
  return `${channelPath(channel)}?post=${encodeURIComponent(localID(id))}`;
}

/**
 * The local form of an entry's id: what follows the last comma.
 * @param {string} id
 */
export function localID(id) {
  return id.slice(id.lastIndexOf(",") + 1);
}
