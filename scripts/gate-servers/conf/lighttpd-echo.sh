# Gives the body of the request back.
printf 'Content-Type: application/octet-stream\r\n\r\n'
exec cat
