/** Tests of the HTTP/1 front end through real sockets: raw bytes in, raw bytes out. */
@NullUnmarked
package io.portward.core.http1;

import org.jspecify.annotations.NullUnmarked;
