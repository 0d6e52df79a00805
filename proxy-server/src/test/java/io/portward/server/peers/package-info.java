/** Portward between clients and servers of other people: real programs on real sockets. */
@NullMarked
package io.portward.server.peers;

import org.jspecify.annotations.NullMarked;
