/** Tests of the MCP server and client. */
@NullMarked
package io.ironclaw.mcp;

import org.jspecify.annotations.NullMarked;
