@NullUnmarked
package io.portward.core.upstream;

import org.jspecify.annotations.NullUnmarked;
