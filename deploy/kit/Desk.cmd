@echo off
rem Opens the desk: asks where it is, remembers the answer, opens the page. With words behind it, it is the command:
rem     Desk.cmd list C:\Users\me\Documents\Portevoix
setlocal
chcp 65001 >nul
set "python=%~dp0python\python.exe"
set "memory=%APPDATA%\Portevoix-desk.txt"
if not "%~1"=="" goto command

set "place=%USERPROFILE%\Documents\Portevoix"
if exist "%memory%" set /p place=<"%memory%"
set "place=%place:"=%"
echo The folder of your desk: "%place%"
set "typed="
set /p "typed=Press Enter to open it, or type another folder: "
if defined typed set "place=%typed:"=%"
if exist "%place%\desk.json" goto open

echo There is no desk in "%place%" yet.
set "name="
set /p "name=To make a new one, type its name (for example police); to stop, press Enter: "
if not defined name exit /b 0
set "person="
set /p "person=Your own name, for the log (small letters, for example anna): "
if not defined person exit /b 0
"%python%" -X utf8 -m portal.desk.cli init "%place%" --desk "%name%" --person "%person%"
if errorlevel 1 goto failed

:open
>"%memory%" echo("%place%"
rem Without a terminal to ask at, the page asks who it is and for the passphrase.
"%python%" -X utf8 -m portal.desk.cli open "%place%" <nul
if errorlevel 1 goto failed
exit /b 0

:command
"%python%" -X utf8 -m portal.desk.cli %*
exit /b %errorlevel%

:failed
pause
exit /b 1
