/** The PROXY protocol: telling a server, in front of the first byte, who the client is. */
@NullMarked
package io.portward.core.proxyprotocol;

import org.jspecify.annotations.NullMarked;
