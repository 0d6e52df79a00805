/**
 * The life of listeners, connections, handshakes and requests as interfaces that somebody outside implements.
 *
 * <p>Threading: event methods are called on event loops, several at once, and must neither block nor throw. This package knows no
 * metrics library.
 */
@NullMarked
package io.portward.core.observe;

import org.jspecify.annotations.NullMarked;
