create table entrepot.parution_montree (
    parution_id integer not null,
    salle text not null,
    unique_ligne boolean primary key default true check (unique_ligne)
);
comment on table entrepot.parution_montree is
'La parution que voient les lecteurs (une ligne) : publier ou revenir en arrière, c''est changer cette ligne.';
comment on column entrepot.parution_montree.salle is
'Schéma des vues et des tables qui la calculent : le même tant que la méthode ne change pas.';

create function entrepot.parution_demandee() returns integer
language plpgsql stable security definer set search_path = '' as $$
declare
    demande text := nullif(btrim(current_setting('entrepot.parution', true)), '');
begin
    if demande is not null and not pg_catalog.has_schema_privilege(session_user, 'parutions', 'usage') then
        raise insufficient_privilege using
            message = 'entrepot.parution sert à l''entrepôt lui-même',
            hint = 'Pour lire ce qui était connu à une date : SET entrepot.au = ''2024-03-26''.';
    end if;
    return demande::integer;
end
$$;
comment on function entrepot.parution_demandee() is
'Parution demandée par SET entrepot.parution, candidate ou ancienne : réservé aux comptes qui écrivent dans l''entrepôt.';
