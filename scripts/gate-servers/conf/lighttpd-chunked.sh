# Gives the file of the path without its length, and pauses in it: what came whole before the server looked would get one.
file="@SITE@/files$PATH_INFO"
printf 'Content-Type: application/octet-stream\r\n\r\n'
head -c 1000 "$file"
sleep 0.05
tail -c +1001 "$file"
